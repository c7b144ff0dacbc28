# context: package.json yarn.lock .yarnrc.yml .yarn/releases/yarn-4.cjs packages/a/package.json packages/b/package.json packages/README.md
# text package.json: {"workspaces": ["packages/*"], "scripts": {"postinstall": "husky install || true"}}
FROM node:24
WORKDIR /app
COPY . .
RUN yarn install --immutable
RUN yarn build
