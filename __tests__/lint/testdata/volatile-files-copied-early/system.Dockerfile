# context: README.md NEWS.md run.sh
# history: 100 README.md=60
FROM debian:bookworm
COPY *.md /usr/src/
RUN apt-get update && apt-get install -y curl
