# context: package.json client/package.json client/package-lock.json
FROM node:22
WORKDIR /srv
COPY --chown=node:node --link ./ ./
USER node
RUN npm --prefix=client ci --ignore-scripts
