FROM node:24
WORKDIR /app
COPY --from=build /a ./a
COPY --from=build /b ./b
COPY --from=build /c ./c
COPY --from=build /d ./d
COPY --from=build /e ./e
RUN chown -R node:node /app/a /app/b /app/c /app/d /app/e && chmod -R 755 /app/a /app/b /app/c /app/d /app/e
