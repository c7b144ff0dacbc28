# context: requirements.txt setup.py
FROM python:3.13
COPY . /app
RUN apt-get update && apt-get install -y gcc && pip install /app
