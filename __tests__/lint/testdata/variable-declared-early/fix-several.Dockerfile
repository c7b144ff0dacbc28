FROM debian:bookworm
# Of the tool.
ARG TOOL_VERSION=1.2.3
ARG OTHER_VERSION=1
RUN apt-get update && apt-get install -y curl
WORKDIR /tools

# Both.
RUN curl -fsSLo tool https://example.com/tool-${TOOL_VERSION} \
 && curl -fsSLo other https://example.com/other-${OTHER_VERSION}
