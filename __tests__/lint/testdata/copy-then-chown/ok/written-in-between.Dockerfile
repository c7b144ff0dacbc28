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
