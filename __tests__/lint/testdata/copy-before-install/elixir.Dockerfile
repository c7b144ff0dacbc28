# context: mix.exs mix.lock
# text mix.exs: defp deps, do: [{:a, "~> 1.0"}]
FROM elixir:1.19
COPY . .
RUN mix local.hex --force && mix deps.get --only prod
