FROM debian:bookworm AS base
ONBUILD RUN apt-get update
FROM base
RUN apt-get install -y curl
