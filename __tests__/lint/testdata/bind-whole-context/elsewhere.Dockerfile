FROM debian:bookworm
RUN --mount=type=bind,source=/,target=/mnt install -m 755 /mnt/entrypoint.sh /usr/local/bin/entrypoint
