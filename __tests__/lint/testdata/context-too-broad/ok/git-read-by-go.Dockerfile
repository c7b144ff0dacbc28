# context: .git/index go.mod main.go
# text main.go: info, ok := debug.ReadBuildInfo()
FROM golang:1.25
COPY . .
RUN go build -o /app .
