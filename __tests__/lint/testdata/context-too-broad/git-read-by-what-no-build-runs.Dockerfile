# context: .git/index go.mod main.go .github/workflows/ci.yml scripts/release.sh util_test/test/a.go LICENSE go.sum
# text .github/workflows/ci.yml: run: git describe
# text scripts/release.sh: git tag
# text util_test/test/a.go: exec.Command("git", "init")
# text main.go: MinVersion: tls.VersionTLS12 // git is fine, and so are git statuses
# text LICENSE: git log
# text go.sum: github.com/go-git/go-git
# text README.md: git rev-parse HEAD
FROM golang:1.25
WORKDIR /src
COPY . .
RUN go build -o /app .
FROM scratch
COPY --from=0 /app /app
