# context: unknown
FROM debian:bookworm
COPY src/ /app/src
RUN ["apt-get", "install", "-y", "curl"]
