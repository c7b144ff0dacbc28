# context: package.json a/package.json b/package.json b/packages/c/package.json go.mod go.work
# text package.json: {"scripts": {"postinstall": "node scripts/prepare.js"}}
# text a/package.json: {"scripts": {"prepare": "tsc"}}
# text b/package.json: {"workspaces": ["packages/**"]}
FROM node:24
WORKDIR /app
COPY . .
RUN yarn install
RUN cd a && pnpm install
RUN cd b && npm ci
RUN go mod download
