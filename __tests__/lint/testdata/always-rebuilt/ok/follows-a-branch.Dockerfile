FROM node:24
ADD https://api.github.com/repos/owner/tool/git/refs/heads/main /tmp/ref.json
RUN git clone https://github.com/owner/tool.git && make -C tool
RUN date > /built && echo $RANDOM
RUN npm ci
ARG CACHE_DIR=/cache
RUN npm run build
