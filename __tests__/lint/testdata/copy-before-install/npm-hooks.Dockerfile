# context: package.json package-lock.json prisma/schema.prisma patches/a.patch
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
