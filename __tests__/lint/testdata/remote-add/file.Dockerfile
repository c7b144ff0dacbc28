FROM debian:bookworm
ADD https://example.com/tool-1.2.tar.gz /opt/
RUN apt-get update && apt-get install -y make
RUN make -C /opt
