FROM debian:bookworm
COPY . .
RUN git clone https://example.com/owner/tool.git
