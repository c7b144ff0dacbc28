# context: package.json package-lock.json CHANGELOG.md src/a.js
# history: 200 CHANGELOG.md=149 package.json=12 src/a.js=190
FROM node:24
WORKDIR /app
COPY package.json package-lock.json CHANGELOG.md ./
RUN npm ci
COPY src/ src/
