FROM my-base
FROM my-base:latest
