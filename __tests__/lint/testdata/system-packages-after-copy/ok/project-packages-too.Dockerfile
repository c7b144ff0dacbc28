FROM python:3.13-alpine
COPY requirements.txt ./
RUN apk add --no-cache gcc && pip install -r requirements.txt && apk del gcc
