# context: pyproject.toml poetry.lock uv.lock Pipfile Pipfile.lock src/a.py
# text pyproject.toml: [tool.poetry]\nname = "a"\n[build-system]\nrequires = []
FROM python:3.13
WORKDIR /app
COPY . .
RUN pip install poetry==2 && poetry install --only main
RUN uv sync --frozen
RUN pipenv sync --system
