# context: package.json CHANGELOG.md
# history: 200 CHANGELOG.md=49
FROM node:24
COPY package.json CHANGELOG.md ./
RUN npm install
