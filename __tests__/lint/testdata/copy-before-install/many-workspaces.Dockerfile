# context: web/package.json web/package-lock.json web/apps/a/package.json web/apps/b/package.json web/apps/c/package.json web/apps/d/package.json web/packages/e/package.json web/packages/f/package.json web/packages/g/package.json web/packages/h/package.json web/tool/package.json
# text web/package.json: {"workspaces": ["apps/*", "packages/*", "tool"]}
FROM node:24
WORKDIR /build
COPY web/ ./web
RUN cd web && npm ci
