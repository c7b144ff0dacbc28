# context: requirements.txt constraints.txt main.py
FROM python:3.13
COPY . /app
WORKDIR /app
RUN python3 -m venv /venv
RUN /venv/bin/pip install --no-cache-dir -r requirements.txt -c constraints.txt
