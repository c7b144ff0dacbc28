# context: package.json package-lock.json src/a.js
# text package.json: {"name":"a","scripts":{"postinstall":"node version.js"}}
FROM node:24 AS script
WORKDIR /app
ARG GIT_SHA
COPY package.json package-lock.json ./
RUN npm ci
FROM debian:bookworm AS shown
ARG GIT_SHA
RUN apt-get update && apt-get install -y curl && env
FROM debian:bookworm AS reproducible
ARG SOURCE_DATE_EPOCH
RUN apt-get update && apt-get install -y curl
