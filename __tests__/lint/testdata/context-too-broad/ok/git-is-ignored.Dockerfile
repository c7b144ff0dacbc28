# context: package.json src/a.js
FROM node:24
WORKDIR /app
COPY . .
RUN npm ci
