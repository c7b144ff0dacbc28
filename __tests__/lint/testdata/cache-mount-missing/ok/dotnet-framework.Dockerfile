# context: app.csproj Program.cs
FROM mcr.microsoft.com/dotnet/framework/sdk:4.8.1
WORKDIR /app
COPY . .
RUN dotnet build -c Release
