# context: .git/index Makefile main.c
# text Makefile: VERSION := $(shell git describe --always)
FROM gcc:15
COPY . .
RUN make
