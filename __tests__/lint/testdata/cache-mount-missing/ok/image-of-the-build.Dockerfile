# context: app.csproj
ARG BASE
FROM $BASE
WORKDIR /app
COPY . .
RUN dotnet build -c Release
