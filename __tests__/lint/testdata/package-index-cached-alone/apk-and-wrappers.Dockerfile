FROM alpine:3.22
RUN sudo apk update
RUN sh -c 'apk add curl'
