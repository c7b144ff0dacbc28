FROM node:24
RUN npm ci
ARG CACHEBUST=1
RUN git clone https://example.com/owner/tool.git /tool
RUN mkdir /data
