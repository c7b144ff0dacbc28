FROM python:3.13-slim
COPY . /app
RUN set -ex && apt-get update && apt-get install -y gcc && pip install -r /app/requirements.txt && apt-get purge -y --auto-remove gcc
FROM alpine:3.22
COPY . /app
RUN apk add --no-cache --virtual .build gcc && make -C /app && apk del .build
