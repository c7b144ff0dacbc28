#!/usr/bin/env node
// The command in a terminal: `bin` of package.json.
import { runCommand } from './index.js';
await runCommand(process.argv.slice(2));
