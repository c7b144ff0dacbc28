# context: package.json CHANGELOG.md version.js a.list
# history: 200 CHANGELOG.md=150 version.js=150 a.list=150
FROM node:24 AS build
COPY package.json version.js ./
RUN npm install && npm run build
FROM node:24 AS prepared
COPY package.json version.js ./
RUN node version.js
RUN npm install
FROM debian:bookworm
COPY a.list /etc/apt/sources.list.d/
RUN apt-get update && apt-get install -y a
FROM node:24
COPY $FILES CHANGELOG.md ./
COPY package.json ./
RUN npm install
FROM node:24 AS owned
COPY package.json CHANGELOG.md /app/
RUN chown -R node /app
RUN cd /app && npm install
FROM debian:bookworm
COPY CHANGELOG.md /app/
RUN apt-get update && apt-get install -y curl && chmod -R a+r /app
