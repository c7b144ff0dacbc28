# context: web/package.json web/yarn.lock api/Gemfile api/Gemfile.lock mix.exs mix.lock
FROM node:24
WORKDIR /web
COPY --chown=node:node web/package.json /web/package.json
RUN yarn install
WORKDIR /api
ADD api/Gemfile .
RUN bundle install
RUN --mount=type=bind,source=mix.exs,target=/src/mix.exs cd /src && mix deps.get
