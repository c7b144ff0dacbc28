# context: package.json bun.lock pnpm-lock.yaml
FROM oven/bun:1
WORKDIR /app
COPY . .
RUN bun install --frozen-lockfile
RUN pnpm fetch
