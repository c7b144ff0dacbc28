# job: classic
FROM debian:bookworm AS base
MAINTAINER somebody
RUN make
FROM base
RUN apt-get update && apt-get install -y curl
