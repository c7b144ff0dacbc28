# context: requirements.txt main.py
FROM python:3.13
COPY . /app
RUN --mount=type=bind,source=requirements.txt,target=/tmp/requirements.txt \
    pip install -r /tmp/requirements.txt
