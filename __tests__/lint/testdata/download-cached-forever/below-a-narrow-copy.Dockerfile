FROM debian:bookworm
COPY setup.ini /etc/
RUN <<EOT
set -e
cd /tmp
curl -fsSL https://github.com/owner/tool/archive/refs/heads/master.tar.gz | tar xz
EOT
COPY . .
