# context: package.json package-lock.json
FROM node:24 AS lock
ARG FILES
WORKDIR /app
COPY package.json ./
RUN cp /old/package-lock.json .
RUN npm install
FROM node:24
ARG FILES
COPY $FILES /app/
COPY package.json /app/
RUN npm install --prefix /app
