# context: package.json pnpm-lock.yaml pnpm-workspace.yaml apps/web/package.json libs/ui/package.json
# text pnpm-workspace.yaml: packages:\n  - "apps/*"\n  - libs/ui\nonlyBuiltDependencies:\n  - esbuild
FROM node:24
COPY . /app
RUN corepack enable && cd /app && pnpm install --frozen-lockfile && pnpm build
