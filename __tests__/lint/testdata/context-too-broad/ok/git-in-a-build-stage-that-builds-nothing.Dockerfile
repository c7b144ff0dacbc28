# context: .git/index a.html
FROM busybox:1.37 AS files
COPY . /src
RUN rm /src/a.txt
FROM nginx:1.29
COPY --from=files /src /usr/share/nginx/html
