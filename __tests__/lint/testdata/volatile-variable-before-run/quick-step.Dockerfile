FROM golang:1.25
ARG COMMIT
RUN echo "$COMMIT" > /revision
RUN go mod download
RUN go build -ldflags "-X main.commit=$COMMIT" -o /app .
