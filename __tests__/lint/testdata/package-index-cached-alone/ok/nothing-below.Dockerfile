FROM debian:bookworm AS base
RUN apt-get update
FROM debian:bookworm
RUN apt-get install -y curl
