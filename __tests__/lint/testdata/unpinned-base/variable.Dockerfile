# job: classic TAG=latest
ARG TAG=24
FROM node:${TAG}
