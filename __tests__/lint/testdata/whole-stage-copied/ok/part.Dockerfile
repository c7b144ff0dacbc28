FROM debian:bookworm AS build
RUN make
FROM node:24
COPY --from=build /out /
COPY --from=busybox:1.37 / /busybox
RUN --mount=from=build,source=/out,target=/out make
RUN --mount=from=build,target=/out echo
RUN npm ci
