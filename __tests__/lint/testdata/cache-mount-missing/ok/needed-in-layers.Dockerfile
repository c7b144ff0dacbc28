FROM golang:1.25
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build .
FROM rust:1.90
COPY Cargo.toml Cargo.lock ./
COPY macros macros
RUN cargo build
COPY . .
RUN cargo build --release
FROM node:24
COPY pnpm-lock.yaml ./
RUN pnpm fetch
COPY . .
RUN pnpm install --offline
