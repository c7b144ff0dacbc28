# context: Directory.Packages.props src/App/App.csproj src/Lib/Lib.csproj src/Lib/a.cs
# text src/App/App.csproj: <ProjectReference Include="..\Lib\Lib.csproj" />
# text src/Lib/Lib.csproj: <Project></Project>
FROM example.com/dotnet/sdk:10.0
WORKDIR /app
COPY . .
RUN dotnet restore src/App/App.csproj
RUN dotnet publish -c Release src/App
