# context: package.json requirements.txt base.txt go.mod Gemfile composer.json pom.xml mix.exs Pipfile pyproject.toml App.csproj build.gradle
# text package.json: {"dependencies": {"lib": "file:./lib"}}
# text requirements.txt: -r base.txt
# text base.txt: ./lib
# text go.mod: replace example.com/a => ./a
# text Gemfile: gemspec
# text composer.json: {"repositories": [{"type": "path", "url": "lib"}]}
# text pom.xml: <modules><module>a</module></modules>
# text mix.exs: {:a, path: "a"}
# text Pipfile: a = {path = "."}
# text pyproject.toml: [tool.uv.sources]\na = { path = "a" }
# text App.csproj: <ProjectReference Include="..\Gone\Gone.csproj" />
# text build.gradle: implementation project(':a')
FROM debian:bookworm
WORKDIR /app
COPY . .
RUN npm ci
RUN pip install -r requirements.txt
RUN go mod download
RUN bundle install
RUN composer install --no-scripts --no-autoloader
RUN mvn dependency:go-offline
RUN mix deps.get
RUN pipenv install
RUN uv sync --no-install-project
RUN dotnet restore App.csproj
RUN gradle dependencies
