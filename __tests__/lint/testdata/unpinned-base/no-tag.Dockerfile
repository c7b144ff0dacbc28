FROM node AS build
FROM localhost:5000/team/base
COPY --from=composer:latest /usr/bin/composer /usr/bin/composer
RUN --mount=from=busybox,target=/b true
FROM --platform=linux/amd64 node
