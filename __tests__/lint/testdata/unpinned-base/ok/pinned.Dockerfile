ARG TAG
FROM node:24 AS build
FROM debian@sha256:0123456789012345678901234567890123456789012345678901234567890123
FROM scratch
COPY --from=build /a /a
COPY --from=0 /a /b
COPY --from=busybox:1.37 /bin/busybox /bin/
RUN --mount=from=build,target=/b true
FROM build
FROM node:$TAG
