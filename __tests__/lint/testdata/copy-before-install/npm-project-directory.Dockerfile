# context: client/package.json client/src/a server/b
FROM node:22
WORKDIR /client
COPY client/ ./
RUN npm ci
