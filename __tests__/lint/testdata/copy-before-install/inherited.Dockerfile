# context: package.json package-lock.json
FROM node:22 AS base
WORKDIR /app
COPY . .

FROM base AS test
ENV CI=1
RUN npm ci
RUN npm test

FROM base
RUN npm ci --omit=dev
