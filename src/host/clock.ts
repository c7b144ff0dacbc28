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

/** Counts the time in which at least one of the things that it follows is under way. */
export class Stopwatch {
  #running = 0;
  #since = 0;
  #seconds = 0;

  get seconds(): number {
    return this.#seconds + (this.#running > 0 ? now() - this.#since : 0);
  }

  async during<T>(work: Promise<T>): Promise<T> {
    if (this.#running++ === 0) this.#since = now();
    try {
      return await work;
    } finally {
      if (--this.#running === 0) this.#seconds += now() - this.#since;
    }
  }
}
