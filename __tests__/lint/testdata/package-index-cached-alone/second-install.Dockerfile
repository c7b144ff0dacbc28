FROM debian:bookworm
RUN apt-get update && apt-get install -y curl
RUN xargs -a packages.txt apt-get install -y
