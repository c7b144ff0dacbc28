FROM node:24
LABEL revision=$GIT_SHA
RUN npm ci
