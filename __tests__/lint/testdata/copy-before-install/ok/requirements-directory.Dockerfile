# context: requirements/base.txt
FROM python:3.13
WORKDIR /app
COPY requirements/ requirements/
RUN pip install -r requirements/base.txt
COPY . .
