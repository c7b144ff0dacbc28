FROM node:24
WORKDIR /app
ARG GIT_SHA
ARG BUILD_DATE=unknown
ENV GIT_SHA=$GIT_SHA PORT=80
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build
LABEL org.opencontainers.image.revision=$GIT_SHA
