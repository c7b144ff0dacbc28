# context: main.js
FROM node:22
COPY . .
RUN npm install express@4
