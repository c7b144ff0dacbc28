FROM debian:bookworm
RUN git clone https://example.com/owner/tool.git /src
WORKDIR /src
RUN git checkout v1.2.3 && make
