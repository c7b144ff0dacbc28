# context: composer.json resources/views/vendor/a.php vendor/a.php
FROM php:8.4
WORKDIR /app
COPY composer.json ./
RUN composer install
COPY . .
