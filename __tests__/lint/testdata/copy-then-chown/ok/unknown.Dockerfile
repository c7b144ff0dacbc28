FROM debian:bookworm
ARG PLACE
COPY . /app
COPY --chown=app more /app/more
RUN chown -R $(id -u) /app
RUN chown -R "$OWNER" /app
RUN chown -R app $PLACE /app/*
RUN chown app /app && chmod +x /app/run.sh
