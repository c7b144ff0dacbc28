FROM python:3.13
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
RUN apt-get update && apt-get install -y git
FROM python:3.13
WORKDIR /app
COPY requirements.txt ./
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y git
