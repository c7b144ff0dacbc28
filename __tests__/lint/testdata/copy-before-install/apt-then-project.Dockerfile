# context: requirements.txt setup.py
# text requirements.txt: -e .
FROM python:3.13
WORKDIR /app
COPY . .
RUN cargo install just && pip install -r requirements.txt
