FROM golang:1.25
ARG GIT_SHA
RUN go build -ldflags "-X main.commit=${GIT_SHA}" .
RUN go install example.com/tool@v1
ARG BUILD_DATE
RUN <<EOT
apt-get update
apt-get install -y curl
echo $BUILD_DATE > /date
EOT
