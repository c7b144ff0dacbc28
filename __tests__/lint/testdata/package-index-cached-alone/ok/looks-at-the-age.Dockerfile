FROM fedora:42
RUN dnf makecache
RUN dnf install -y curl
