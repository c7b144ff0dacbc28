// The text of a report's file → the report of a build, or what is wrong with it: the file may come from anywhere. What
// nobody reads from a file (the lint, the smoke test) is not looked at. Pure.

import { mapText, oneLine, printable } from './clean.ts';
import { CAUSE_WORDS } from './reasons.ts';
import type { BuildReport, Cause, Report, Step } from './report.ts';

const VERSION = 1;
/** The last moment that a Date can be (https://tc39.es/ecma262/#sec-time-values-and-time-range). */
const END_OF_TIME = 8.64e15;

/** The path of the first value that is not what a report has there; null when all is well. */
type Check = (value: unknown, path: string) => string | null;

const that =
  (right: (value: unknown) => boolean): Check =>
  (value, path) =>
    right(value) ? null : path;
const text = that((value) => typeof value === 'string');
/** All numbers of a report count or measure something. */
const number = that((value) => Number.isFinite(value) && (value as number) >= 0);
const time = that((value) => Number.isInteger(value) && Math.abs(value as number) <= END_OF_TIME);
const anything: Check = () => null;
const word = <T extends string>(words: Record<T, unknown>): Check =>
  that((value) => typeof value === 'string' && Object.hasOwn(words, value));
const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null ? null : check(value, path);
const list =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value) ? first(value.map((item, at) => () => check(item, `${path}[${at}]`))) : path;
const fields =
  <T>(checks: Record<keyof T, Check>): Check =>
  (value, path) =>
    typeof value === 'object' && value !== null
      ? first(
          Object.entries<Check>(checks).map(([name, check]) => {
            return () => check((value as Record<string, unknown>)[name], `${path}.${name}`);
          }),
        )
      : path;

function first(checks: (() => string | null)[]): string | null {
  for (const check of checks) {
    const wrong = check();
    if (wrong !== null) return wrong;
  }
  return null;
}

const CAUSE = fields<Cause>({
  kind: word(CAUSE_WORDS),
  root: orNull(text),
  detail: text,
  evidence: list(text),
  more: number,
  remedy: text,
  cost: orNull(number),
  consequences: number,
});

const STEP = fields<Step>({
  id: text,
  stage: text,
  index: number,
  total: number,
  line: orNull(number),
  instruction: text,
  text,
  status: word<Step['status']>({ hit: true, miss: true, failed: true, 'not-run': true }),
  source: orNull(word<NonNullable<Step['source']>>({ local: true, restored: true })),
  seconds: number,
  cause: orNull(CAUSE),
  bytesFetched: number,
  layerBytes: orNull(number),
});

const REPORT = fields<Pick<Report, 'dockerfile' | 'build' | 'record'>>({
  dockerfile: text,
  build: fields<BuildReport>({
    outcome: word<BuildReport['outcome']>({ built: true, failed: true }),
    engine: anything,
    imageId: orNull(text),
    digest: orNull(text),
    seconds: number,
    steps: list(STEP),
    phases: list(fields<BuildReport['phases'][number]>({ name: text, seconds: number })),
    failure: anything,
    notice: orNull(text),
    compared: orNull(fields<NonNullable<BuildReport['compared']>>({ time, commit: text })),
    savedSeconds: number,
  }),
  record: orNull(text),
});

/** The report in a file's text, control characters gone from it; or why it is none, to stand behind the file's name. */
export function readReport(content: string): { report: Report; problem: null } | { report: null; problem: string } {
  const wrong = (problem: string) => ({ report: null, problem });
  let parsed: unknown;
  try {
    parsed = mapText(JSON.parse(content), printable);
  } catch {
    return wrong('is not JSON');
  }
  const version = fieldOf(parsed, 'schemaVersion');
  if (version === undefined) return wrong('is no report of cached-docker-build; --report FILE writes one');
  if (version !== VERSION) {
    const seen = oneLine(JSON.stringify(version).slice(0, 20));
    return wrong(`has schemaVersion ${seen}; this version of cached-docker-build reads ${VERSION}`);
  }
  if (fieldOf(parsed, 'build') === undefined) return wrong('is a report without a build, as lint makes them');
  const path = REPORT(parsed, '');
  return path === null
    ? { report: parsed as Report, problem: null }
    : wrong(`is no report of cached-docker-build: ${path} is missing or wrong`);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
