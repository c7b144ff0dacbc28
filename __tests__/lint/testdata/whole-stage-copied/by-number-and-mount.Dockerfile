FROM debian:bookworm
RUN make
FROM node:24
COPY --from=0 . /build/
RUN npm run build
FROM debian:bookworm AS tools
RUN make tools
FROM node:24
RUN --mount=from=tools,target=/tools make
