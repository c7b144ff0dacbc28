# context: package.json package-lock.json src/index.js
# text package.json: {"name":"a","scripts":{"prepare":"husky"}}
FROM node:24
WORKDIR /app
COPY . .
RUN npm ci
