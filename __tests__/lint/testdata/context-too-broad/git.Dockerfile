# context: .git/index .git/HEAD Dockerfile package.json package-lock.json src/a.js
# dockerignore: dist
FROM node:24
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build
