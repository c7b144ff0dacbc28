# context: go.mod go.sum
# text go.mod: module a\nrequire b v1.0.0
FROM golang:1.25
WORKDIR /src
COPY . .
RUN go mod download && go install example.com/tool@v1 && go build .
FROM rust:1.90 AS chef
COPY --from=0 /recipe.json recipe.json
COPY src/ src/
RUN cargo chef cook --release --recipe-path recipe.json
RUN cargo install sqlx-cli --locked
