// Time: seconds on a clock that only goes forward, and waiting that a cancelled job does not have to sit out.

import { setTimeout as wait } from 'node:timers/promises';

/** Seconds since the process started. */
export function now(): number {
  return performance.now() / 1000;
}

/** Milliseconds since 1970. */
export function wallClock(): number {
  return Date.now();
}

/** Waits; returns early, without an error, when `cancel` fires. */
export async function sleep(seconds: number, cancel: AbortSignal): Promise<void> {
  await wait(seconds * 1000, undefined, { signal: cancel }).catch(() => undefined);
}

/** Calls `work` every `seconds` until the returned function is called. */
export function every(seconds: number, work: () => void): () => void {
  const timer = setInterval(work, seconds * 1000);
  return () => clearInterval(timer);
}
