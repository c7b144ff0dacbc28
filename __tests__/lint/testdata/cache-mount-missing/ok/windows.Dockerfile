# escape=`
FROM example.com/windows/servercore:ltsc2022
RUN npm ci
