FROM debian:bookworm
RUN apt-get update && apt-get install -y \
    curl   # for the health check \
    git \
    make
RUN echo one; # first \
    echo two
ENV A=b # BuildKit rejects this one
