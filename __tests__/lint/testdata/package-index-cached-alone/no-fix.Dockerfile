FROM debian:bookworm AS sources
RUN apt-get update
COPY extra.list /etc/apt/sources.list.d/
RUN apt-get install -y curl
FROM debian:bookworm AS masked
RUN apt-get update
RUN apt-get install -y curl || true
FROM debian:bookworm AS shared
RUN apt-get update
FROM shared AS one
RUN apt-get install -y curl
FROM debian:bookworm AS proxied
RUN apt-get update
ENV http_proxy=http://proxy:3128
RUN apt-get install -y curl
