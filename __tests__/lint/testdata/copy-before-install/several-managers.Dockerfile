# context: package.json package-lock.json requirements.txt
FROM debian:bookworm
WORKDIR /app
COPY . .
USER root
RUN apt-get update && apt-get install -y nodejs npm python3-pip
RUN npm ci
RUN pip install -r requirements.txt
LABEL a=b
