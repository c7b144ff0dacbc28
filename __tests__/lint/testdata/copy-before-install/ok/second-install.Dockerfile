# context: package.json package-lock.json requirements.txt
FROM node:22
WORKDIR /app
COPY package.json package-lock.json requirements.txt ./
RUN npm ci && pip install -r requirements.txt
COPY . .
RUN npm ci --omit=dev
RUN pip install -r requirements.txt
