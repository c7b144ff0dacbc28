# context: package.json binding.gyp
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
