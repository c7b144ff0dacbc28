# context: .git/index main.go
FROM golang:1.25
COPY . .
RUN go build -ldflags "-X main.version=$(git describe --tags)" -o /app .
