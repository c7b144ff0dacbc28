FROM debian:bookworm
ARG TOOL_VERSION=1.2.3
RUN apt-get update && apt-get install -y curl
RUN curl -fsSLo /tool https://example.com/tool-${TOOL_VERSION}
