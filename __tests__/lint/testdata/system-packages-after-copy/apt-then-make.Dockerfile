# context: unknown
FROM debian:bookworm
WORKDIR /src
COPY . .
RUN apt-get update && apt-get -qq -y install gcc make && make
