FROM quay.io/jupyter/base-notebook:2024-12-31
COPY requirements.txt /tmp/
RUN pip install -r /tmp/requirements.txt
