# context: package.json
FROM debian:bookworm
WORKDIR /app
COPY . .
RUN ./configure && apt-get install -y gcc
RUN node make-manifest.js && npm ci
