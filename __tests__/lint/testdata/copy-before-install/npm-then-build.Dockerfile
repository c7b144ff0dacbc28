# context: package.json package-lock.json
FROM node:22
WORKDIR /app
COPY . .
ENV NODE_ENV=production
RUN npm ci && npm run build
