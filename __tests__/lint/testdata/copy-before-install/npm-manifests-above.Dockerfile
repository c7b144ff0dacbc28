# context: package.json package-lock.json
FROM node:22
WORKDIR /app
COPY package*.json ./
COPY . .
RUN npm ci
