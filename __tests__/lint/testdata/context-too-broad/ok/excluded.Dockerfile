# context: .git/index package.json
FROM node:24
COPY --exclude=.git . .
RUN npm ci
