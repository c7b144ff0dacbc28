# context: Dockerfile web/package.json web/node_modules/a.js Api/Api.csproj Api/a.cs
# gitignore: node_modules bin obj
# dockerignore: bin
FROM node:24 AS base
WORKDIR /app/web
COPY web/package.json ./
RUN npm install
WORKDIR /app
RUN dotnet restore Api/Api.csproj
FROM base
COPY . /app
RUN npm --prefix /app/web run build
