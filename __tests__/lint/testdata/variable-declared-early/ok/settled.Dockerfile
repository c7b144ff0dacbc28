FROM debian:bookworm
ARG TARGETARCH
ARG DEBIAN_FRONTEND=noninteractive
ARG USER_UID=1000
ARG FLAVOUR=slim
ARG UNUSED_VERSION=1
RUN apt-get update && apt-get install -y curl
RUN useradd -u $USER_UID app && echo $TARGETARCH $FLAVOUR
