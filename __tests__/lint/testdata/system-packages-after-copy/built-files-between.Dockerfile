# context: public/x src/y
FROM node:24-alpine AS build
WORKDIR /app
COPY . .
RUN npm run build

FROM node:24-alpine
WORKDIR /app
COPY public ./public/
COPY --from=build /app/dist ./dist
RUN apk add --no-cache su-exec
