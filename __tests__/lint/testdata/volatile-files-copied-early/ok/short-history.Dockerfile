# context: package.json CHANGELOG.md
# history: 19 CHANGELOG.md=19
FROM node:24
COPY package.json CHANGELOG.md ./
RUN npm install
