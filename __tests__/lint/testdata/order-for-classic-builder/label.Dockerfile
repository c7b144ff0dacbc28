# job: classic
FROM node:24
LABEL revision=$GIT_SHA
EXPOSE 80
RUN npm ci
CMD ["node", "server.js"]
RUN npm run build
HEALTHCHECK CMD true
