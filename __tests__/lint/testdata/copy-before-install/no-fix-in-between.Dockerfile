# context: package.json package-lock.json src/index.js
# text package.json: {"name":"a"}
FROM node:24 AS owners
WORKDIR /app
COPY . .
RUN chown -R node /app
RUN npm ci
FROM node:24 AS overwritten
WORKDIR /app
COPY . .
COPY --from=owners /app/src ./src
RUN npm ci
FROM node:24 AS root
WORKDIR /
COPY . .
RUN npm ci
FROM node:24 AS copied
ARG PLACE=.
WORKDIR /app
COPY . $PLACE
RUN npm ci > log.txt
