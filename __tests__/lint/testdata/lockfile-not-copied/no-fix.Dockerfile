# context: package.json package-lock.json yarn.lock web/package.docker.json
FROM node:24 AS renamed
WORKDIR /app
COPY ["package.json", "./"]
RUN npm install
FROM node:24 AS strict
WORKDIR /app
COPY package.json ./
RUN yarn install --frozen-lockfile
