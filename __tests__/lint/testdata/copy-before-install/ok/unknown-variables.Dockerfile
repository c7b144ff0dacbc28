# context: package.json requirements.txt
FROM node:22
ARG SOURCE
COPY $SOURCE /app
WORKDIR $HOME
COPY . .
RUN npm ci
RUN cd $HOME && npm ci
RUN pip install -r $FILE
RUN pip install $WHEEL
