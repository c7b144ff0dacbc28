# escape=`
FROM python:3.13
WORKDIR /app

# What it needs.
COPY requirements.txt ./
LABEL a=b

# Tools.
RUN <<EOF
apt-get update
apt-get install -y git
EOF
# Done.
RUN apt-get update && `
    apt-get install -y gcc
RUN pip install -r requirements.txt
