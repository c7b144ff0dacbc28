// Reads the output of the classic builder (DOCKER_BUILDKIT=0, or a docker without buildx): text, with the time each
// line came as the only clock. Pure: a fold over lines and their times.

import { printable } from '../report/clean.ts';
import { type BuildEvent, keepLast, type StepTrace, type Trace } from './trace.ts';

/** `Step 2/3 : RUN apt-get …`: daemon/builder/dockerfile/evaluator.go of moby/moby. */
const STEP = /^Step (\d+)\/(\d+) : (\S+)/;
const STATUS = /^ ---> /;
const BUILT = /^Successfully built ([0-9a-f]+)$/;
const FAILED = /^The command '.*' returned a non-zero code: (\d+)/s;

export class Classic {
  readonly #steps: StepTrace[] = [];
  readonly #messages: string[] = [];
  /** Has the current step's container started? What comes then may be its own output. */
  #ran = false;
  /** Short id of the image, once it is built. */
  imageId: string | null = null;

  /** Takes a line of stdout and when it came (milliseconds since 1970); returns what happened. */
  out(raw: string, at: number): BuildEvent[] {
    const line = printable(raw); // what a RUN step prints on stderr is coloured
    const last = this.#steps.at(-1);
    const [, index, total, keyword = ''] = STEP.exec(line) ?? [];
    // A step may print whatever it likes: only the number that comes next begins a step.
    if (Number(index) === (last?.index ?? 0) + 1 && (!last || Number(total) === last.total)) {
      const ended = this.#end(at);
      const step = this.#begin(Number(index), Number(total), keyword.toUpperCase(), at);
      return [...ended, { kind: 'started', step }];
    }
    const built = BUILT.exec(line);
    if (built?.[1] && last?.index === last?.total) {
      this.imageId = built[1];
      return this.#end(at);
    }
    const step = this.#running();
    if (!step) return this.#message(line);
    if (line.startsWith(' ---> Running in ')) this.#ran = true;
    if (line === ' ---> Using cache' && !this.#ran) step.cached = true;
    if (step.keyword === 'FROM' && /: Pulling from /.test(line)) step.cached = false;
    if (STATUS.test(line)) return [];
    keepLast(step.log, [line]);
    return [{ kind: 'log', step, lines: [line] }];
  }

  /** Takes a line of stderr. What a RUN step prints on stderr comes here as well. */
  err(line: string, at: number): BuildEvent[] {
    const step = this.#running();
    const failed = FAILED.exec(line);
    if (step && failed) {
      step.error = `exit code: ${failed[1]}`;
      return this.#end(at);
    }
    if (!step) return this.#message(line);
    keepLast(step.log, [line]);
    return [{ kind: 'log', step, lines: [line] }];
  }

  /** Says that the builder has ended; a step that still runs then is the one that failed. */
  close(at: number, exitCode: number): BuildEvent[] {
    const step = this.#running();
    if (step && exitCode !== 0) step.error ??= step.log.at(-1) ?? `docker build ended with exit code ${exitCode}`;
    return this.#end(at);
  }

  /** All that was read so far. */
  trace(): Trace {
    return { steps: this.#steps, phases: [], started: null, messages: this.#messages };
  }

  #begin(index: number, total: number, keyword: string, at: number): StepTrace {
    // A base image is there or pulled, and an ARG above it makes nothing: neither is ever called cached.
    const above = this.#steps.every((step) => step.keyword === 'ARG');
    const step: StepTrace = {
      key: String(index),
      inputs: [],
      platform: null,
      stage: null,
      index,
      total,
      keyword,
      cached: keyword === 'FROM' || (keyword === 'ARG' && above),
      intervals: [{ start: at, end: null }],
      fetched: false,
      layers: new Map(),
      digest: null,
      error: null,
      log: [],
    };
    this.#steps.push(step);
    this.#ran = false;
    return step;
  }

  #running(): StepTrace | null {
    const last = this.#steps.at(-1);
    return last?.intervals[0]?.end === null ? last : null;
  }

  #end(at: number): BuildEvent[] {
    const step = this.#running();
    if (!step?.intervals[0]) return [];
    step.intervals[0].end = at;
    return [{ kind: 'ended', step }];
  }

  #message(line: string): BuildEvent[] {
    if (line.trim() === '') return [];
    keepLast(this.#messages, [line]);
    return [{ kind: 'message', line }];
  }
}
