# context: requirements.txt pyproject.toml
FROM python:3.13
WORKDIR /app
COPY . .
RUN pip install -U pip && pip install -r requirements.txt
