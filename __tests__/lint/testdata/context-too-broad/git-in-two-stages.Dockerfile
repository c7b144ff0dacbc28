# context: .git/index Makefile main.c requirements.txt
# text Makefile: all:\n\tcc -o main main.c
# text docs/notes.md: `git describe` names it
FROM gcc:15 AS build
COPY . /src
RUN make -C /src
FROM python:3.13
WORKDIR /app
ADD ./ ./
RUN pip install -r requirements.txt
RUN ./install.sh
