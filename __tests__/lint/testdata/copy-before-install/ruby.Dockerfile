# context: Gemfile Gemfile.lock .ruby-version
# text Gemfile: gem "rails", path_prefix: 1
FROM ruby:3.4
WORKDIR /app
COPY . .
RUN bundle config set without test && bundle install --jobs 4
RUN gem install foreman
