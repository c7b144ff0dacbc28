# context: package.json requirements.txt setup.py a.deb
FROM python:3.13
WORKDIR /app
COPY . .
RUN pip install .
RUN pip install -e .[dev]
RUN pip install -r requirements.txt ./lib
RUN pip install dist/*.whl
RUN pip install --no-index --find-links=wheels flask
RUN npm install ./lib
RUN npm install -w client
RUN npm install file:lib
RUN apt-get install -y ./a.deb
RUN apt-get install -y $(cat packages.txt)
RUN xargs apt-get install -y < packages.txt
