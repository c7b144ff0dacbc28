# job: classic
FROM debian:bookworm
CMD run it
SHELL ["/bin/bash", "-c"]
RUN make
FROM debian:bookworm
LABEL version=$VERSION
ARG VERSION
RUN make
