// The way between a runner and the service: latency, and bandwidth per connection and in all.

import type { Socket } from 'node:net';

export interface Link {
  /** One way. A request takes two of them, a new connection four more (TCP, and the TLS that the double does without). */
  latencyMs: number;
  perConnectionBytesPerSecond: number;
  /** In each direction. */
  totalBytesPerSecond: number;
}

/** What a hosted runner sees. */
export const HOSTED: Link = {
  latencyMs: 10,
  perConnectionBytesPerSecond: 60_000_000,
  totalBytesPerSecond: 200_000_000,
};

export type Direction = 'up' | 'down';

/** Waits; ends at once when the signal says so. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (milliseconds <= 0 || signal.aborted) {
      return resolve();
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

/** Timers are late by a few milliseconds; what was not used in this time may be used now. */
const SLACK = 20;

/** Bytes pass it at a rate, each after those before it. */
class Pipe {
  #free = 0;

  /** How many milliseconds from now these bytes are through. */
  pass(bytes: number, bytesPerSecond: number): number {
    const now = performance.now();
    this.#free = Math.max(this.#free, now - SLACK) + (bytes / bytesPerSecond) * 1000;
    return this.#free - now;
  }
}

const pipes = () => ({ up: new Pipe(), down: new Pipe() });

export class Shaper {
  link: Link | null;
  #total = pipes();
  #connections = new WeakMap<Socket, ReturnType<typeof pipes>>();
  #signal: AbortSignal;

  constructor(link: Link | null, signal: AbortSignal) {
    this.link = link;
    this.#signal = signal;
  }

  /** A request travels to the service, on a new connection or on one that is open. */
  async request(socket: Socket): Promise<void> {
    const fresh = !this.#connections.has(socket);
    if (fresh) {
      this.#connections.set(socket, pipes());
    }
    await sleep((this.link?.latencyMs ?? 0) * (fresh ? 5 : 1), this.#signal);
  }

  /** The answer's first byte travels back. */
  async response(): Promise<void> {
    await sleep(this.link?.latencyMs ?? 0, this.#signal);
  }

  /** These bytes travel. */
  async bytes(socket: Socket, direction: Direction, count: number): Promise<void> {
    if (!this.link) {
      return;
    }
    const own = this.#connections.get(socket)?.[direction].pass(count, this.link.perConnectionBytesPerSecond) ?? 0;
    const wait = Math.max(own, this.#total[direction].pass(count, this.link.totalBytesPerSecond));
    if (wait > 4) {
      await sleep(wait, this.#signal);
    }
  }
}
