# context: requirements.txt texts/a.md texts/b.md version.txt
# history: 40 texts/a.md=30 version.txt=20 requirements.txt=2
FROM python:3.13
WORKDIR /app
COPY version.txt ./
COPY --chown=1000 texts ./texts
COPY requirements.txt ./
RUN apt-get update && apt-get install -y gcc
WORKDIR /
RUN pip install -r /app/requirements.txt
