# context: composer.json composer.lock
# text composer.json: {"scripts": {"post-install-cmd": "@php artisan x"}}
FROM php:8.4
WORKDIR /app
COPY . .
RUN composer install --no-dev --optimize-autoloader
