FROM debian:bookworm
ARG GIT_SHA
RUN mkdir -p /app && chmod 755 /app
COPY --from=busybox:1.37 /bin/busybox /bin/
