FROM debian:bookworm AS a
ARG CACHEBUST
RUN git clone https://example.com/owner/tool.git
FROM debian:bookworm
ADD https://api.github.com/repos/owner/tool/git/refs/heads/main /tmp/ref.json
RUN git clone https://github.com/owner/tool.git
FROM debian:bookworm
RUN curl -fsSL https://raw.githubusercontent.com/owner/tool/main/install.sh | sh -s v1.2.3
RUN curl -fsSL https://example.com/nightly/latest.json
