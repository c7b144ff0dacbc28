# context: package.json bun.lock pnpm-lock.yaml a/package.json
FROM node:24
WORKDIR /app
COPY package.json ./
RUN npm install
RUN yarn install
RUN pnpm install --no-lockfile
COPY a/package.json a/
RUN cd a && bun install
RUN pip install -r requirements.txt
