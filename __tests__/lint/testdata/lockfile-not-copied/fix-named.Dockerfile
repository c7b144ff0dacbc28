# context: web/package.json web/package-lock.json web/src/a.js
FROM node:24
WORKDIR /app
COPY --chown=node web/package.json package.json
RUN npm install
