# context: package.json src/a public/b packages/c/package.json
FROM node:22
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/ packages/
COPY src ./src
COPY public ./public
RUN npm ci
