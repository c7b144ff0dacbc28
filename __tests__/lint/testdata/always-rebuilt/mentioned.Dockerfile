# job: CACHE_DATE=2026-01-01
FROM debian:bookworm AS base
ARG CACHE_DATE
RUN echo $CACHE_DATE && ./build.sh
FROM base
RUN apt-get update && apt-get install -y curl
