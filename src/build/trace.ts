// What a builder said about a build, whichever builder it was: steps, phases, the image. Types and the arithmetic of
// time; the readers of the two outputs (rawjson.ts, classic.ts) make it, steps.ts joins it with the Dockerfile. Pure.

/** A span of time in milliseconds since 1970; `end` is null while it goes on. */
export interface Interval {
  start: number;
  end: number | null;
}

export interface StepTrace {
  /** What identifies it in the builder's output: a vertex digest, or the number of a classic step. */
  key: string;
  /** Keys of what it builds on; the first is the step in front of it. Empty for the classic builder. */
  inputs: string[];
  /** The platform in the step's name, where several are built. */
  platform: string | null;
  /** The stage as the builder prints it, or null where it prints none. */
  stage: string | null;
  /** The step's number in its stage, and how many there are; 0 of 0 where the builder prints none. */
  index: number;
  total: number;
  /** First word of the step's text, in upper case. The rest is not kept: it shows the values of variables. */
  keyword: string;
  /** Was the result reused? A base image is, when nothing of it had to be fetched: no builder says so itself. */
  cached: boolean;
  intervals: Interval[];
  /** Were layers fetched for it: of a base image, or out of a cache? */
  fetched: boolean;
  /** Those layers by their digests, with the bytes that the builder says: the graphdriver store says 0. */
  layers: Map<string, number>;
  /** Of a base image, its digest, where the builder says it. */
  digest: string | null;
  /** Why it failed, in the builder's words. */
  error: string | null;
  /** The last lines it printed. */
  log: string[];
}

/** Work of the builder that belongs to no instruction: sending the context, exporting the image. */
export interface Phase {
  name: string;
  seconds: number;
}

export interface Trace {
  steps: StepTrace[];
  phases: Phase[];
  /** When it began, by the builder's clock, in milliseconds since 1970; null where it says no times. */
  started: number | null;
  /** What the builder printed besides its protocol: on a failure, the reason. */
  messages: string[];
}

/** Something that happened, for the live output. */
export type BuildEvent =
  | { kind: 'started'; step: StepTrace }
  | { kind: 'ended'; step: StepTrace }
  | { kind: 'log'; step: StepTrace; lines: string[] }
  | { kind: 'message'; line: string };

/** Lines of a log that are kept for the report. */
export const LOG_LINES = 20;

/**
 * Seconds in which at least one interval ran; overlaps count once. An interval that has not ended counts
 * nothing.
 * The same reading as BuildKit's own display: util/progress/progressui/display.go, mergeIntervals.
 */
export function seconds(intervals: Interval[]): number {
  const sorted = intervals.map(({ start, end }) => ({ start, end: end ?? start })).sort((a, b) => a.start - b.start);
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const { start, end } of sorted) {
    total += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return total / 1000;
}

/** Says the error that a step was stopped? When one fails, BuildKit cancels those that run beside it. */
export function isCancelled(error: string): boolean {
  return /context canceled/i.test(error);
}

/** Adds lines to those that are kept: the last ones, and the beginning of an endless one. */
export function keepLast(kept: string[], lines: string[]): void {
  kept.push(...lines.map((line) => line.slice(0, 2000)));
  if (kept.length > LOG_LINES) kept.splice(0, kept.length - LOG_LINES);
}
