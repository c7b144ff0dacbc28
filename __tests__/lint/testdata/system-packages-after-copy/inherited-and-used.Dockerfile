# context: package.json package-lock.json
FROM node:22 AS development
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
CMD ["npm", "start"]

FROM development AS tools
RUN apt-get update && apt-get install -y --no-install-recommends git
