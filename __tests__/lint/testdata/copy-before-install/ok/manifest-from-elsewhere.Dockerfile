# context: main.js
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
RUN pip install -r /opt/requirements.txt
