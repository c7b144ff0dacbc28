# context: package.json requirements.txt
FROM node:22 AS base
WORKDIR /app
COPY . .
RUN npm ci

FROM base
RUN pip install -r requirements.txt
