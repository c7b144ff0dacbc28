FROM debian:bookworm
# RUN one
RUN apt-get update && \
    # a comment between
    apt-get install -y curl # at the end
RUN echo "# no comment \
   here" '# nor \
   here' ${a#b} $# http://example.com a#b \
    && true
RUN <<EOT
echo a # comment
echo b
EOT
RUN ["echo", "#", \
  "a"]
ENV COLOUR #fff
ENV A="a # b" B='// c'
LABEL a="# b"
COPY a//b c
