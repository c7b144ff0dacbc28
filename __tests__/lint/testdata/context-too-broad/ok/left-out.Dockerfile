# context: package.json package-lock.json
# gitignore: node_modules
# dockerignore: node_modules
FROM node:24
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
