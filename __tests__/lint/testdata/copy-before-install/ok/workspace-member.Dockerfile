# context: package.json src/a.ts
# text package.json: { "dependencies": { "@plane/ui": "workspace:*" } }
FROM node:24
WORKDIR /app
COPY . .
RUN pnpm install
