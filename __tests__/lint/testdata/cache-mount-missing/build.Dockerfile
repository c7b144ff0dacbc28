FROM golang:1.25
WORKDIR /src
COPY . .
RUN go build -o /app .
