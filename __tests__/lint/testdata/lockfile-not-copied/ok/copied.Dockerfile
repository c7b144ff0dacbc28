# context: package.json package-lock.json poetry.lock pyproject.toml yarn.lock
FROM node:24
WORKDIR /app
COPY package*.json ./
RUN npm ci
WORKDIR /py
COPY pyproject.toml poetry.lock ./
RUN poetry install --no-root
WORKDIR /all
COPY . .
RUN yarn install
