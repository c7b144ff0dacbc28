# context: etc/apt/sources.list.d/x.list
FROM debian:bookworm
COPY rootfs/ /
COPY apt/ /etc/apt/
COPY keys/ /usr/share/keyrings/
COPY . /
RUN apt-get update && apt-get install -y thing
