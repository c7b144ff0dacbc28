FROM debian:bookworm AS base
RUN <<EOT
set -e
apt update
EOT

FROM base
RUN apt install -y curl

FROM base
RUN apt-get dist-upgrade -y
