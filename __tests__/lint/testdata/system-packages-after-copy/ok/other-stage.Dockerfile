FROM debian:bookworm AS build
COPY . /app
RUN make -C /app
FROM debian:bookworm
COPY --from=build /app/out /app
RUN apt-get update && apt-get install -y curl
