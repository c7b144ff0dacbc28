# context: unknown
FROM debian:bookworm
COPY . /src
WORKDIR /src
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        build-essential \
        # for the tests
        curl \
    && rm -rf /var/lib/apt/lists/*
RUN make
