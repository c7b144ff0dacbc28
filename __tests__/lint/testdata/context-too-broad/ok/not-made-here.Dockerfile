# context: package.json node_modules/a.js a.js
# gitignore: node_modules
FROM node:24
WORKDIR /app
COPY . .
CMD ["node", "a.js"]
