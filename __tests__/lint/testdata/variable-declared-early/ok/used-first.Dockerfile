FROM debian:bookworm
ARG TOOL_VERSION=1.2.3
RUN curl -fsSLo /tool https://example.com/tool-${TOOL_VERSION}
RUN apt-get update && apt-get install -y git
