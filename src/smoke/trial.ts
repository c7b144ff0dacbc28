// One run of a container that has been made: starts it, follows what it prints, and looks until the verdict is clear.

import { now, sleep, wallClock } from '../host/clock.ts';
import { followRaw } from '../host/process.ts';
import type { Plan } from './checks.ts';
import { type Container, inspect, type Reach } from './docker.ts';
import { type End, judge, type Verdict } from './judge.ts';
import { Lookout } from './lookout.ts';
import { Tail } from './tail.ts';

/** What came of a run. */
export interface Tried {
  verdict: Verdict;
  /** null while the program runs. */
  end: End | null;
  /** As it was last seen. */
  container: Container;
  /** Listeners that only the container itself can reach, on ports that were expected. */
  loopbackOnly: string[];
  /** The last lines of both streams. */
  log: string[];
}

/** Seconds for which a program must outlive the line that it was to print: it may be the last one. */
const AFTER_A_LINE = 0.3;
/** How often it is looked again whether the engine has taken note of an end, ten times a second. */
const SETTLING = 20;
/** Seconds for which the news of an end is waited for. */
const FAREWELL = 3;

export class Trial {
  readonly #name: string;
  readonly #plan: Plan;
  readonly #tail: Tail;
  readonly #lookout: Lookout;
  readonly #cancel: AbortSignal;
  readonly #leave = new AbortController();
  /** Fires when the program ends, or the job is cancelled: there is no need to wait for the next look. */
  readonly #news = new AbortController();
  #attached: Promise<void> = Promise.resolve();
  #exitCode: number | null = null;
  /** What docker said last. */
  #last: Container | null = null;
  /** When the program started, on our clock. */
  #start = 0;

  constructor(name: string, plan: Plan, reach: Reach, cancel: AbortSignal) {
    this.#name = name;
    this.#plan = plan;
    this.#cancel = cancel;
    this.#lookout = new Lookout(plan, name, reach);
    this.#tail = new Tail((line) => this.#lookout.line(line));
    cancel.addEventListener('abort', () => this.#news.abort());
    if (cancel.aborted) this.#news.abort();
  }

  /** Starts the program and watches it; null when the job is cancelled. */
  async run(): Promise<Tried | null> {
    this.#start = now();
    this.#attached = this.#attach();
    const container = await this.#started();
    while (container && !this.#cancel.aborted) {
      const seen = await this.#look(container);
      if (seen) {
        const { loopbackOnly } = this.#lookout;
        return { ...seen, container: this.#last ?? container, loopbackOnly, log: this.#tail.lines };
      }
      await sleep(this.#pause(), this.#news.signal);
    }
    return null;
  }

  /** To be called when the container is removed. */
  async close(): Promise<void> {
    await this.#farewell();
    this.#leave.abort();
    await this.#attached;
  }

  /** Waits until docker takes note that the container has ended, but not without end. */
  async #farewell(): Promise<void> {
    const gone = new AbortController();
    await Promise.race([this.#attached, sleep(FAREWELL, gone.signal)]);
    gone.abort();
  }

  /** Both streams come through this one program of docker's, from the first byte on; it ends when the container does. */
  async #attach(): Promise<void> {
    this.#exitCode = await followRaw('docker', ['start', '--attach', this.#name], {
      cancel: this.#leave.signal,
      stdout: (chunk) => this.#tail.add('stdout', chunk),
      stderr: (chunk) => this.#tail.add('stderr', chunk),
    });
    this.#tail.end();
    this.#news.abort();
  }

  /** Waits until it runs, or has ended. */
  async #started(): Promise<Container | null> {
    while (!this.#cancel.aborted) {
      const container = await inspect(this.#name);
      if (container?.running || this.#exitCode !== null) {
        // The engine's clock may be another one than ours.
        const ago = container ? (wallClock() - container.startedAt) / 1000 : 0;
        if (ago >= 0 && ago < now() - this.#start) this.#start = now() - ago;
        return container;
      }
      await sleep(0.05, this.#news.signal);
    }
    return null;
  }

  async #look(container: Container): Promise<Pick<Tried, 'verdict' | 'end'> | null> {
    // Asked first: what happens between the two is in the sights.
    const end = await this.#end();
    const sights = await this.#lookout.look(end ? null : container, this.#elapsed);
    const judged = (ended: End | null) => {
      const seen = { end: ended, elapsed: this.#elapsed, sights };
      const verdict = judge(this.#plan, seen, shown(container.argv));
      return verdict && { verdict, end: ended };
    };
    const early = judged(end);
    if (!early || end) return early;
    if (this.#plan.conditions.some(({ check }) => check === 'log')) await sleep(AFTER_A_LINE, this.#news.signal);
    // That it runs is docker's to say: under load, the news of an end may be on its way.
    if (!(await this.#inspect())?.running) await this.#farewell();
    return judged(await this.#end());
  }

  /** How it ended; null while it runs. */
  async #end(): Promise<End | null> {
    const exitCode = this.#exitCode;
    if (exitCode === null) return null;
    let container = await this.#inspect();
    for (let tries = 0; container?.running && container.end.restarts === 0 && tries < SETTLING; tries++) {
      await sleep(0.1, this.#cancel);
      container = await this.#inspect();
    }
    const seen = { exitCode, seconds: this.#elapsed };
    if (!container) return { ...seen, oomKilled: false, restarts: 0, error: 'its container is gone' };
    // With a restart policy it runs again: what docker says of its end is not there any more.
    return container.running ? { ...container.end, ...seen, restarts: container.end.restarts || 1 } : container.end;
  }

  async #inspect(): Promise<Container | null> {
    this.#last = await inspect(this.#name);
    return this.#last;
  }

  get #elapsed(): number {
    return now() - this.#start;
  }

  /** Seconds until the next look: often at first, and not before anything can have changed. */
  #pause(): number {
    const { conditions, settle } = this.#plan;
    if (conditions.every(({ check }) => check === 'running')) return Math.max(0.01, settle - this.#elapsed);
    return Math.min(0.5, Math.max(0.1, this.#elapsed / 10));
  }
}

/** A command as people read it, for a sentence. */
function shown(argv: string[]): string {
  const command = argv.join(' ').replace(/\s+/g, ' ');
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}
