# context: package.json
FROM node:22 AS base
WORKDIR /app
ONBUILD COPY . .
ONBUILD RUN npm install

FROM base
RUN npm start
