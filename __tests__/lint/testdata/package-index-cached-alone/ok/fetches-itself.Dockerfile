FROM alpine:3.22
RUN apk update
RUN apk add --no-cache curl
RUN apk -U add git
