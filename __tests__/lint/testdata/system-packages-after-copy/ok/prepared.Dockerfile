FROM debian:bookworm
COPY setup.py /tmp/
RUN python3 /tmp/setup.py
RUN apt-get update && apt-get install -y curl
