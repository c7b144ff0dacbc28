FROM debian:bookworm
RUN --mount=type=bind,source=nginx.conf,target=/tmp/nginx.conf cp /tmp/nginx.conf /etc/nginx/
RUN --mount=type=cache,target=/var/cache/apt apt-get update
RUN --mount=type=bind,from=busybox:1.37,target=/b cp /b/bin/busybox /bin/
