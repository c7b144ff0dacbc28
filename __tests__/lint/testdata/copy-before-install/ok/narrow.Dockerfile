# context: package.json package-lock.json patches/a prisma/b packages/c/package.json lib/package.json
FROM node:22
WORKDIR /app
COPY package*.json .npmrc tsconfig.json ./
COPY patches patches
COPY prisma/ prisma/
COPY packages/ packages/
COPY lib ./lib
COPY entrypoint.sh /
COPY --parents **/package.json ./
COPY --exclude=src . .
COPY <<EOF /app/.npmrc
registry=https://registry.example.com
EOF
RUN npm ci
