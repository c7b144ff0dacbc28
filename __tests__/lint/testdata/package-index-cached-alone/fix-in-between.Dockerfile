FROM debian:bookworm
# The index.
RUN apt-get update -qq
WORKDIR /app
COPY a /app/a
RUN apt-get install -y --no-install-recommends \
      curl \
      # and more
      git \
  && rm -rf /var/lib/apt/lists/*
