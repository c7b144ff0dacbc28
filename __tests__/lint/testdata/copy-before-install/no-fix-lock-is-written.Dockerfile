# context: package.json package-lock.json node_modules/a.js src/index.js
# text package.json: {"name":"a"}
FROM node:24 AS writes
WORKDIR /app
COPY . .
RUN npm install
FROM node:24 AS overlaid
WORKDIR /app
COPY . .
RUN npm ci
