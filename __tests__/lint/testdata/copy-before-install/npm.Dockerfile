# context: package.json package-lock.json .npmrc src/index.js
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
CMD ["node", "src/index.js"]
