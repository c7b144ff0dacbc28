FROM node:24
ARG CACHEBUST=1
RUN git clone https://example.com/owner/tool.git /tool
RUN npm ci
