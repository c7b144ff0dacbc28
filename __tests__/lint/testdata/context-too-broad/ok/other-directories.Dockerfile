# context: .git/index package.json src/a.js
FROM node:24
WORKDIR /app
COPY package.json ./
RUN npm ci
COPY src/ src/
RUN npm run build
