FROM node:24 AS base
RUN npm install -g serve && pip install flask
USER node
RUN npm ci
FROM base
RUN npm ci
