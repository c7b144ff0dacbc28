# job: classic
FROM node:24
USER node
VOLUME /data
RUN npm ci
LABEL a=b
RUN mkdir /app/data
CMD ["node", "server.js"]
