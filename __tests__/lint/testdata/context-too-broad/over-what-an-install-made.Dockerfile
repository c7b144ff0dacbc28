# context: package.json package-lock.json src/a.js
# gitignore: node_modules
FROM node:24
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
CMD ["node", "src/a.js"]
