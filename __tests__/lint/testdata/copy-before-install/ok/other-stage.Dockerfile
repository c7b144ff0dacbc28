# context: package.json
FROM node:22 AS source
WORKDIR /app
COPY . .
FROM node:22
WORKDIR /app
COPY --from=source /app/package.json ./
RUN npm ci
