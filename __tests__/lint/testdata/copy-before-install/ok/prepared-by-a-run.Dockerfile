# context: package.json requirements.txt
FROM debian:bookworm
WORKDIR /app
COPY . .
RUN ./add-repositories.sh
RUN apt-get update && apt-get install -y thing
RUN npm ci
RUN pip install -r requirements.txt
