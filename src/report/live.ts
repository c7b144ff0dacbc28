// Build events → lines, while the build runs: when a step begins, what it prints, when it ends, and that it is alive.
// Pure but for what it remembers of the steps that run.

import type { BuildEvent } from '../build/trace.ts';
import { printable } from './clean.ts';
import { type Display, paint } from './display.ts';
import type { Step } from './report.ts';
import { cut, duration } from './text.ts';

/** After this many seconds without a line, a build says that it is alive. */
const SILENCE = 15;

export class Live {
  readonly #display: Display;
  /** Steps that run: what they are called, and since when, in seconds. */
  readonly #running = new Map<string, { name: string; since: number }>();
  /** Steps that have had their first line; BuildKit may come back to a hit, to fetch its layers. */
  readonly #told = new Set<string>();
  #spoke = 0;

  constructor(display: Display) {
    this.#display = display;
  }

  /**
   * Lines for an event.
   * @param step the event's step as the report will name it; null for what belongs to none
   * @param now a time in seconds
   */
  event(event: BuildEvent, step: Step | null, now: number): string[] {
    const lines = this.#lines(event, step, now);
    if (lines.length > 0) this.#spoke = now;
    return lines;
  }

  /** Lines for the passing of time: one for each step that runs, when nothing was printed for a while. */
  tick(now: number): string[] {
    if (now - this.#spoke < SILENCE || this.#running.size === 0) return [];
    this.#spoke = now;
    return [...this.#running.values()].map(({ name, since }) =>
      paint('dim', `${name} · still running after ${duration(now - since)}`, this.#display),
    );
  }

  #lines(event: BuildEvent, step: Step | null, now: number): string[] {
    if (event.kind === 'message') return [printable(event.line)];
    if (step === null || event.step.total === 0) return [];
    const { key, stage, index, total, platform } = event.step;
    const label = `[${[platform, stage, `${index}/${total}`].filter((part) => part !== null).join(' ')}]`;
    const name = `${label} ${cut(printable(step.text), this.#display.width - label.length - 20)}`;
    if (event.kind === 'log') return event.lines.map((line) => `${label} │ ${printable(line)}`);
    const told = this.#told.has(key);
    if (event.kind === 'started') {
      this.#running.set(key, { name, since: now });
      if (told || step.status === 'hit') return [];
      this.#told.add(key);
      return [paint('bold', name, this.#display)];
    }
    this.#running.delete(key);
    // A base image ends and starts again for each part of a pull: only the report knows how it went.
    if (step.instruction === 'FROM' && step.status !== 'failed') return [];
    const time = duration(step.seconds);
    if (step.status === 'hit') {
      this.#told.add(key);
      return told ? [] : [paint('green', `${name} · hit`, this.#display)];
    }
    if (step.status === 'failed') return [paint('red', `${name} · failed after ${time}`, this.#display)];
    return [paint('dim', `${label} · done in ${time}`, this.#display)];
  }
}
