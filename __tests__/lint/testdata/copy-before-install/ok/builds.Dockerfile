FROM golang:1.25
COPY . .
RUN go build . && go mod vendor
RUN cargo build && cargo fetch
RUN mvn package
RUN gradle build
RUN dotnet publish
RUN mix compile
RUN yarn build
RUN pnpm --filter web install
RUN yarn workspaces focus
RUN uv sync --all-packages
