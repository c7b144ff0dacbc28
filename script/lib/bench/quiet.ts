// Other work on the machine makes a measurement worthless: none begins while there is some, if that can be helped.

import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const ENOUGH = 0.1;
const PATIENCE_SECONDS = 20;

/** Waits until the processors are idle, for a while. Returns whether they are. */
export async function untilQuiet(): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE_SECONDS; waited++) {
    if (await isQuiet()) return true;
  }
  return false;
}

/** Whether the processors are idle, in the next second. */
export async function isQuiet(): Promise<boolean> {
  return (await busyShare(1000)) < ENOUGH;
}

/** The part of all processors' time that was not idle. */
async function busyShare(milliseconds: number): Promise<number> {
  const before = times();
  await sleep(milliseconds);
  const after = times();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

function times(): { idle: number; all: number } {
  const each = cpus().map(({ times }) => times);
  return {
    idle: each.reduce((sum, { idle }) => sum + idle, 0),
    all: each.reduce((sum, { idle, user, nice, sys, irq }) => sum + idle + user + nice + sys + irq, 0),
  };
}
