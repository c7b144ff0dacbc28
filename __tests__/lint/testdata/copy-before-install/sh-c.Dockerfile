# context: package.json
FROM node:22
WORKDIR /app
COPY . .
RUN bash -c "set -e; npm install"
