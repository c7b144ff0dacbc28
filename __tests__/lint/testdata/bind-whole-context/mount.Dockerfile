# context: package.json package-lock.json
FROM node:22
WORKDIR /app
RUN --mount=type=cache,target=/root/.npm --mount=type=bind,target=. npm ci
