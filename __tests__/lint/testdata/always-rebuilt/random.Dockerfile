FROM debian:bookworm
ADD "https://www.random.org/cgi-bin/randbyte?nbytes=10&format=h" /tmp/skip-cache
RUN apt-get update && apt-get install -y curl
RUN git clone https://example.com/owner/tool.git
