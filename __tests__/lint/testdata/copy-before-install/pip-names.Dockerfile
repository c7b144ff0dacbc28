# context: unknown
FROM python:3.13
COPY . /app
RUN pip3 install flask gunicorn
