FROM golang:1.25
ARG GIT_SHA
RUN go mod download
RUN go build -ldflags "-X main.commit=$GIT_SHA" .
