# context: package.json package-lock.json .npmrc src/index.js Dockerfile
# text package.json: {"name":"a","scripts":{"build":"tsc"}}
FROM node:24
  COPY . /app
  WORKDIR /app
  run --mount=type=cache,target=/root/.npm cd /app && npm ci && \
      npm run build
