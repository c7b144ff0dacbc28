# context: package.json package-lock.json
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci && npm run build
RUN apt-get update && apt-get install -y curl
RUN npm test
