# context: package.json go.mod
FROM golang:1.26
WORKDIR /app
RUN --mount=type=bind,target=. go build -o /out
RUN --mount=type=bind,target=. npm ci && npm run build
RUN --mount=type=bind,source=package.json,target=package.json npm ci
RUN --mount=type=cache,target=/root/.npm npm ci
