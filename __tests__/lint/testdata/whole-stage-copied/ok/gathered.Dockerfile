FROM scratch AS files
COPY a b /
FROM tonistiigi/xx:1.6.1 AS xx
FROM node:24
COPY --from=files / /
COPY --from=xx / /
RUN npm ci
RUN --mount=from=files,target=/files make
