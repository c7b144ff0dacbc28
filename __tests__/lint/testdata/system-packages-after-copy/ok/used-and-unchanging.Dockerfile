FROM debian:bookworm
COPY packages.txt entrypoint.sh nginx.conf /tmp/
RUN apt-get update && apt-get install -y nginx
COPY install.py /tmp/
RUN apt-get install -y python3 && python3 /tmp/install.py
COPY docker.list /etc/apt/sources.list.d/
RUN apt-get update && apt-get install -y docker
