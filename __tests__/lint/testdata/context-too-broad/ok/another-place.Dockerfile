# context: package.json docs/package.json docs/node_modules/a.js
# gitignore: node_modules
# dockerignore: x
FROM node:24
WORKDIR /docs
RUN npm install
WORKDIR /app
COPY docs /app/docs
