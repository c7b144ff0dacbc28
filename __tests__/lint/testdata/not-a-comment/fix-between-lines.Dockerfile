FROM debian:bookworm
LABEL a=1 \
      b=2
# There is one above it already.
  WORKDIR /app   # the place
EXPOSE 80 \
    443 # both
