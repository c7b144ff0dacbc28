FROM python:3.13
ENV PIP_NO_CACHE_DIR=1
COPY requirements.txt ./
RUN pip install -r requirements.txt
RUN pip install -r tools.txt \
  && rm -rf "/tmp/x"
