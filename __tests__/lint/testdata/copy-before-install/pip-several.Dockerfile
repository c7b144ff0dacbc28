# context: requirements/base.txt requirements/dev.txt main.py
FROM python:3.13
WORKDIR /app
COPY . .
RUN python -m pip install -r requirements/base.txt --requirement=requirements/dev.txt
