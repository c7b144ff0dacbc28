# context: package.json package-lock.json src/a.js
# text package.json: {"name":"a","scripts":{"build":"tsc"}}
FROM node:24
WORKDIR /app
# Where it comes from.
ARG GIT_SHA
ENV GIT_SHA=$GIT_SHA
LABEL org.opencontainers.image.revision=$GIT_SHA
COPY package.json package-lock.json ./
RUN apt-get update && apt-get install -y git
RUN npm ci
COPY . .
RUN npm run build
