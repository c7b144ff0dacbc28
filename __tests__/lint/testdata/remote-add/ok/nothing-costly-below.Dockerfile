FROM debian:bookworm
RUN apt-get update && apt-get install -y curl
ADD https://example.com/motd /etc/motd
RUN chmod 644 /etc/motd
