// Shows for how long the server has been running.
const { uptime } = await (await fetch('/uptime')).json();
document.body.append(`up for ${uptime}`);
