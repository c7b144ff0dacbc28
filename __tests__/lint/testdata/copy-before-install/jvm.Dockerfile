# context: pom.xml .mvn/wrapper/a.jar mvnw build.gradle.kts settings.gradle.kts gradlew gradle/libs.versions.toml
# text pom.xml: <project></project>
# text settings.gradle.kts: rootProject.name = "a"
FROM eclipse-temurin:25
WORKDIR /app
COPY . .
RUN ./mvnw -B dependency:go-offline
RUN ./gradlew --no-daemon dependencies
