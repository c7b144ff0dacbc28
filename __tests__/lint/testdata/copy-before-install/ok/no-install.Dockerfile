# context: package.json
FROM node:22
COPY . .
RUN npm run build
RUN npm install -g serve
RUN npm test && npm start
RUN pip --version && pip list
RUN apt-get update
RUN go mod download
