# context: package.json docs/a.md
# history: 200 docs/old.md=150
FROM node:24
COPY package.json ./
COPY docs/ docs/
RUN npm install -g serve
