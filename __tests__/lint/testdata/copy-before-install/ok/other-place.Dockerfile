# context: unknown
FROM node:22
COPY . /app
RUN npm ci
