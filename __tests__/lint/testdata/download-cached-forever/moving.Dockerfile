FROM debian:bookworm
RUN git clone --depth 1 https://example.com/owner/tool.git /src
RUN git clone -b main git@example.com:owner/tool.git
RUN curl -fsSLO https://example.com/releases/latest/tool.tar.gz
RUN wget -q https://raw.githubusercontent.com/owner/tool/main/install.sh && sh install.sh
