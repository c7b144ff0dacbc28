# context: web/package.json web/npm-shrinkwrap.json
FROM node:22
ADD . /srv
RUN cd /srv/web && npm i
