# context: package.json package-lock.json .npmrc src/index.js Dockerfile
# text package.json: {"name":"a","scripts":{"build":"tsc"}}
FROM node:24
WORKDIR /app

# The source, with everything in it.
COPY --chown=node:node . .
ENV NODE_ENV=production
USER node

# Dependencies.
RUN npm ci

CMD ["node", "src/index.js"]
