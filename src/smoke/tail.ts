// The last lines of what a container prints, in bounded memory however much comes. Pure.

import { StringDecoder } from 'node:string_decoder';

/** Lines that are kept of both streams together, and characters of each. */
const LINES = 20;
const CHARACTERS = 2000;

export type Stream = 'stdout' | 'stderr';

interface Line {
  at: number;
  text: string;
}

/** Takes both streams in pieces, as they come. */
export class Tail {
  readonly #take: (line: string) => void;
  readonly #streams = { stdout: new Lines(), stderr: new Lines() };
  #count = 0;

  /** @param take gets every line as soon as it is whole; of a longer one its first 2000 characters */
  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  add(stream: Stream, chunk: Buffer): void {
    for (const line of this.#streams[stream].add(chunk)) this.#keep(stream, line);
  }

  /** Says that nothing more comes: an unfinished line is one now. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const line = this.#streams[stream].rest();
      if (line !== '') this.#keep(stream, line);
    }
  }

  /** The last lines, in the order in which they came. A flood on one stream leaves the other half of the place. */
  get lines(): string[] {
    const { stdout, stderr } = this.#streams;
    const half = LINES / 2;
    const out = stdout.last.slice(-Math.max(half, LINES - stderr.last.length));
    const err = stderr.last.slice(-Math.max(half, LINES - stdout.last.length));
    return [...out, ...err].sort((a, b) => a.at - b.at).map(({ text }) => text);
  }

  #keep(stream: Stream, text: string): void {
    const { last } = this.#streams[stream];
    if (text.trim() !== '') last.push({ at: this.#count++, text });
    if (last.length > LINES) last.shift();
    this.#take(text);
  }
}

/** Cuts one stream into lines; holds no more than the beginning of one. */
class Lines {
  readonly last: Line[] = [];
  readonly #decoder = new StringDecoder('utf8');
  #open = '';

  add(chunk: Buffer): string[] {
    const [first = '', ...more] = this.#decoder.write(chunk).split('\n');
    if (this.#open.length < CHARACTERS) this.#open += first.slice(0, CHARACTERS - this.#open.length);
    if (more.length === 0) return [];
    const whole = [this.#open, ...more.slice(0, -1)];
    this.#open = (more.at(-1) ?? '').slice(0, CHARACTERS);
    return whole.map((line) => line.slice(0, CHARACTERS).replace(/\r$/, ''));
  }

  /** The unfinished line. */
  rest(): string {
    const line = this.#open + this.#decoder.end();
    this.#open = '';
    return line.slice(0, CHARACTERS).replace(/\r$/, '');
  }
}
