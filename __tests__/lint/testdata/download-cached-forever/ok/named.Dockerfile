FROM debian:bookworm
ARG REF=main
RUN git clone -b v1.2.3 https://example.com/owner/tool.git
RUN git clone https://example.com/owner/other.git && cd other && git checkout 0123456
RUN git clone -b $REF https://example.com/owner/third.git
RUN curl -fsSLO https://example.com/releases/v1.2.3/tool.tar.gz
RUN curl -fsSLO https://example.com/$REF/latest/tool.tar.gz
RUN curl -fsSL https://api.example.com/releases/latest/ | grep tag_name
