FROM node:24
RUN useradd --create-home app
WORKDIR /app
COPY package.json server.js ./
COPY src/ ./src/
RUN chown -R app:app /app && chmod -R u+rwX,go=rX .
USER app
