# context: .git/index main.c
FROM gcc:15
RUN --mount=type=bind,target=/src make -C /src
