# context: pom.xml target/app.jar
# gitignore: target
FROM maven:3 AS build
WORKDIR /app
COPY . .
RUN mvn package
FROM eclipse-temurin:25
COPY target target
