FROM debian:bookworm
COPY . /app
RUN chown -R www-data /app/storage
RUN chown -R www-data /var/lib/data /app
COPY nginx.conf /etc/nginx/
RUN chown -R www-data /etc/nginx && chmod -R 755 /
