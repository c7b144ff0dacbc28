# context: requirements.txt
FROM python:3.13
RUN --mount=source=.,target=/src pip install -r /src/requirements.txt
