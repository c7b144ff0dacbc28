import express from 'express';
import { pino } from 'pino';
import { uptime } from './uptime.js';

const version = 'uptime 1.0';
const log = pino();
const start = Date.now();

const app = express();
app.get('/uptime', (_, response) => void response.json({ uptime: uptime(start, Date.now()) }));
app.use(express.static('client'), express.static('dist/public'));

if (process.argv.includes('--version')) console.log(version);
else app.listen(3000, () => log.info('listening on 3000'));
