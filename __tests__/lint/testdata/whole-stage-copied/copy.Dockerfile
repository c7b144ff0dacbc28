FROM debian:bookworm AS build
RUN make
FROM node:24
COPY --from=build / /
RUN npm ci
