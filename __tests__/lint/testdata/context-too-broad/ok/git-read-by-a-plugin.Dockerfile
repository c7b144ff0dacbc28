# context: .git/index pyproject.toml a.py
# text pyproject.toml: [build-system]\nrequires = ["setuptools>=64", "setuptools-scm>=8"]
FROM python:3.13
COPY . .
RUN pip install .
