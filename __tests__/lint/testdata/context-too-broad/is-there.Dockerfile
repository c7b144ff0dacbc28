# context: package.json package-lock.json node_modules/a/index.js
# gitignore: node_modules
FROM node:24
WORKDIR /app
COPY . .
RUN npm ci
