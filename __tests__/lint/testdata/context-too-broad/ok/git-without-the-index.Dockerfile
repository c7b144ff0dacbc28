# context: .git/HEAD .git/refs/heads/main package.json
FROM node:24
COPY . .
RUN npm ci
