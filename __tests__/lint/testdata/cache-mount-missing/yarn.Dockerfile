# context: package.json yarn.lock .yarnrc.yml
FROM node:24
COPY package.json yarn.lock .yarnrc.yml ./
RUN yarn install --immutable && yarn cache clean
