# escape=`
FROM example.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command"]
ARG GIT_SHA
RUN choco install git ; `
    Write-Host $env:GIT_SHA
