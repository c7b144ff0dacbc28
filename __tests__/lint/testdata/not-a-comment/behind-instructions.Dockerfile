FROM debian:bookworm
ARG MODE=fast # or slow
ENV COLOUR red // not blue
WORKDIR /app # the place
COPY a b # and b
USER app # no root
EXPOSE 80 # http
VOLUME /data # kept
CMD ["run", "it"] # starts it
ENTRYPOINT ["/entry"] // first
STOPSIGNAL SIGTERM # politely
ONBUILD ARG OTHER # another
