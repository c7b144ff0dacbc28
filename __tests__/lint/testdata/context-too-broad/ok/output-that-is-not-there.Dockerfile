# context: Cargo.toml src/main.rs
# gitignore: target
FROM rust:1.90
WORKDIR /app
COPY . .
RUN cargo build
