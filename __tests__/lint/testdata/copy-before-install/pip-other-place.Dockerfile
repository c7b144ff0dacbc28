# context: requirements.txt app/main.py
FROM python:3.13
COPY requirements.txt /tmp/
COPY . /code
RUN pip install -r /tmp/requirements.txt
