ARG BUILD_NUMBER
FROM debian:bookworm AS base
ARG BUILD_NUMBER

FROM base AS web
RUN apt-get update && apt-get install -y nginx

FROM base AS api
RUN ./build.sh
RUN apt-get update && apt-get install -y curl
