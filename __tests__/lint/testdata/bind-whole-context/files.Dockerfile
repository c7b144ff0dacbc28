# context: nginx.conf certs/ca.pem
FROM debian:bookworm
WORKDIR /src
RUN --mount=type=bind,target=. --mount=type=cache,target=/var/cache/apt \
    cp nginx.conf /etc/nginx/ && cp certs/ca.pem /usr/local/share/ca-certificates/ && update-ca-certificates
