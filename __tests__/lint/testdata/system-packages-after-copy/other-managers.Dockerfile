FROM fedora:42
COPY . /a
RUN dnf install -y make
RUN yum -y install gcc && yum clean all
FROM opensuse/leap:15.6
COPY . /b
RUN zypper --non-interactive install make
FROM alpine:3.22
COPY . /c
RUN apk add --no-cache make && make -C /c
