# context: package.json CHANGELOG.md
FROM node:24
COPY package.json CHANGELOG.md ./
RUN npm install
