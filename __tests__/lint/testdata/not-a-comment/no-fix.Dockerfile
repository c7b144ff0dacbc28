ARG A=1 # escape=`
FROM debian:bookworm
VOLUME /data # kept \
  /more
RUN echo a # and \
  && echo b
