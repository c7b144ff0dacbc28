ARG GIT_SHA
FROM node:24
COPY package.json package-lock.json ./
RUN npm ci
ARG GIT_SHA
ENV GIT_SHA=${GIT_SHA}
CMD ["node", "server.js"]
