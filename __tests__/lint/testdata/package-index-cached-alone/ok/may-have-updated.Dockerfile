FROM debian:bookworm
RUN apt-get update && apt-get install -y curl
RUN curl -fsSL https://example.com/setup.sh | bash - && apt-get install -y nodejs
RUN add-apt-repository -y ppa:a/b && apt-get install -y b
