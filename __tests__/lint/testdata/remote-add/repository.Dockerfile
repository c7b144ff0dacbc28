FROM debian:bookworm AS base
ADD --keep-git-dir https://example.com/owner/tool.git#main /src
FROM base
RUN make -C /src
