FROM debian:bookworm AS build
RUN make
FROM debian:bookworm
WORKDIR /opt/app
COPY --from=build /out/ ./
RUN apt-get update && apt-get install -y curl && chmod -R 755 /opt/app
