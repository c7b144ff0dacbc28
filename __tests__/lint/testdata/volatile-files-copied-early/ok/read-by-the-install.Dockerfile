# context: package.json package-lock.json pyproject.toml README.md requirements.txt base.txt setup.sh
# history: 200 package.json=150 package-lock.json=150 README.md=150 pyproject.toml=100 base.txt=100 setup.sh=100
# text pyproject.toml: [build-system]\nrequires = ["hatchling"]\n[project]\nreadme = "README.md"
# text requirements.txt: -r base.txt
FROM node:24 AS node
COPY package*.json ./
RUN npm ci
FROM python:3.13 AS uv
COPY pyproject.toml README.md ./
RUN uv sync
FROM python:3.13
COPY requirements.txt base.txt setup.sh ./
RUN pip install -r requirements.txt && echo setup.sh
