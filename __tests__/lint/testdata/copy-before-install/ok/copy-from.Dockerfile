# context: package.json
FROM node:22 AS build
WORKDIR /app
FROM node:22
WORKDIR /app
COPY --from=build /app .
COPY --from=build /app/package.json .
RUN npm ci
