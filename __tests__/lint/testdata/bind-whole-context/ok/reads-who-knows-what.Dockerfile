# context: a
FROM debian:bookworm
RUN --mount=type=bind,target=/src cp -r /src /app
RUN --mount=type=bind,target=/src cp /src/$FILE /app
RUN --mount=type=bind,target=/src cp /src/*.conf /etc/nginx/
RUN --mount=type=bind,target=/src cp /src/b /etc/nginx/
RUN --mount=type=bind,target=/src make -C /src
RUN --mount=type=bind,target=/src /src/install.sh
