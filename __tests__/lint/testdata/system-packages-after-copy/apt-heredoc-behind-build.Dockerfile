# context: unknown
FROM node:22
COPY . /app
RUN npm run build
RUN <<EOF
set -e
apt-get update
apt-get install -y curl
EOF
