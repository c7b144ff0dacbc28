FROM debian:bookworm
ADD --checksum=sha256:0123456789012345678901234567890123456789012345678901234567890123 https://example.com/tool.tar.gz /opt/
ADD https://example.com/owner/tool.git#v1.2.3 /src
ADD git@example.com:owner/tool.git#0123456789012345678901234567890123456789 /src
ADD https://example.com/owner/tool.git?tag=v1.2.3 /src
ADD local.tar.gz /opt/
RUN make
