# context: package.json package-lock.json src/a.js
FROM node:24
WORKDIR /app
COPY package.json ./
RUN npm install
COPY . .
