# context: package.json yarn.lock src/a.ts
FROM node:24
WORKDIR /app
COPY package.json ./
RUN yarn --frozen-lockfile
COPY src ./src
RUN yarn build && rm -rf node_modules
RUN yarn --production --frozen-lockfile
