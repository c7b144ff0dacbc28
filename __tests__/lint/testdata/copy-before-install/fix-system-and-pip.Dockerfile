# context: requirements.txt pyproject.toml main.py
# text requirements.txt: flask==3.0
FROM python:3.13
WORKDIR /app
COPY . .
RUN apt-get update \
    # for one of the packages
    && apt-get install -y gcc
RUN pip install --no-cache-dir -r requirements.txt
CMD ["python", "main.py"]
