FROM python:3.13
WORKDIR /app
COPY requirements.txt ./
COPY main.py settings.ini ./
RUN apt-get update \
 && apt-get install -y gcc
RUN apt-get update && apt-get install -y git
RUN pip install -r requirements.txt
