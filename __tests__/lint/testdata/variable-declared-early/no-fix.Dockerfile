FROM node:24 AS scripts
ARG CHROMEDRIVER_VERSION=130
COPY package.json package-lock.json ./
RUN npm ci
RUN echo $CHROMEDRIVER_VERSION
FROM debian:bookworm AS two-in-one
ARG TOOL_VERSION=1 PREFIX=/usr
RUN apt-get update && apt-get install -y curl
RUN curl -fsSLo $PREFIX/tool https://example.com/tool-${TOOL_VERSION}
FROM debian:bookworm AS derived
ARG LINE=1
ARG TOOL_VERSION=$LINE.2
ARG LINE=2
RUN apt-get update && apt-get install -y curl
RUN curl -fsSLo /tool https://example.com/tool-${TOOL_VERSION}
