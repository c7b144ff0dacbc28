FROM node:24
WORKDIR /app
COPY . .
RUN npm ci
RUN chown -R node:node /app
FROM node:24
WORKDIR /app
COPY . .
RUN mkdir -p data && chown -R node:node /app
FROM node:24
WORKDIR /app
COPY . .
RUN ./build.sh && chown -R node /app
FROM node:24
WORKDIR /app
COPY --from=deps /package.json ./
RUN npm ci
FROM node:24 AS base
WORKDIR /app
RUN npm ci
FROM base
COPY . .
RUN chown -R node /app
FROM node:24
RUN mkdir -p /app/data
COPY . /app
RUN chown -R node /app
