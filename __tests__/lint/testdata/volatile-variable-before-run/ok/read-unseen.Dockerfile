FROM node:24
ARG GIT_SHA
RUN npm run build
RUN npm ci
