# context: package.json CHANGELOG.md VERSION
# history: 200 CHANGELOG.md=150 package.json=150
FROM node:24 AS a
COPY package.json CHANGELOG.md ./
RUN npm install
FROM node:24 AS b
COPY . /app
COPY CHANGELOG.md ./
RUN npm install -g serve
