FROM debian:bookworm
ENV APP_HOME=/srv/app
COPY --chmod=755 . $APP_HOME
RUN adduser --system app
RUN chown --recursive app. "$APP_HOME"
