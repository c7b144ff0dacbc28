// The text form of a record, to be kept with the layer cache: JSON, compressed, in base64. The states of files stand in one
// table, of which each step names its part. Pure. A text may come from anywhere: nothing of it is believed unseen.

import { constants, gunzipSync, gzipSync } from 'node:zlib';
import type { BuildRecord, FileState, Image, Setting, Source, StepRecord, Variable } from './record.ts';

/** A reader takes no other version: what it cannot read it does without. */
const VERSION = 1;

// Room for 700,000 files, and no more than a machine can hold of what somebody made to fill it.
const MOST_BYTES = 64 << 20;
const MOST_LISTED = 1 << 24;

interface Written extends Omit<BuildRecord, 'steps'> {
  version: typeof VERSION;
  steps: WrittenStep[];
  files: Table;
}

/** The files of a step are parts of the table: where one begins, how many it has, where the next begins, … */
interface WrittenStep extends Omit<StepRecord, 'files'> {
  files: number[] | null;
}

/** Sorted by path, column by column. */
interface Table {
  paths: string[];
  modes: number[];
  sizes: number[];
  /** 16 characters each, spaces for none. */
  digests: string;
}

const DIGITS = 16;

/** The files of more steps than can be read again are left out, as if they were not known. */
export function writeRecord(record: BuildRecord): string {
  const text = JSON.stringify(written(record));
  const bytes = Buffer.from(text);
  if (bytes.length > MOST_BYTES && record.steps.some(({ files }) => files !== null)) {
    return writeRecord({ ...record, steps: record.steps.map((step) => ({ ...step, files: null })) });
  }
  // Digests are most of it, of which a higher level makes no less. Unlike brotli, gzip knows when it was damaged.
  return gzipSync(bytes, { level: constants.Z_BEST_SPEED }).toString('base64');
}

function written(record: BuildRecord): Written {
  const states = statesOf(record.steps);
  const files: Table = {
    paths: states.map(({ path }) => path),
    modes: states.map(({ mode }) => mode),
    sizes: states.map(({ size }) => size),
    digests: states.map(({ digest }) => digest.padEnd(DIGITS)).join(''),
  };
  const parts = new Map<readonly FileState[], number[]>();
  const steps = record.steps.map((step) => {
    const part = step.files && (parts.get(step.files) ?? partsOf(step.files, states));
    if (step.files && part) parts.set(step.files, part);
    return { ...step, files: part };
  });
  return { version: VERSION, ...record, steps, files };
}

/** All states of files, sorted, none twice. */
function statesOf(steps: readonly StepRecord[]): FileState[] {
  const all = [...new Set(steps.map(({ files }) => files ?? []))].flat().sort(compare);
  return all.filter((state, at) => at === 0 || compare(state, all[at - 1] as FileState) !== 0);
}

function compare(a: FileState, b: FileState): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  if (a.digest !== b.digest) return a.digest < b.digest ? -1 : 1;
  return a.mode - b.mode || a.size - b.size;
}

function partsOf(files: readonly FileState[], states: readonly FileState[]): number[] {
  const parts: number[] = [];
  let end = 0;
  for (const file of files) {
    let at = end;
    for (let state = states[at]; state && compare(state, file) < 0; state = states[at]) at++;
    if (parts.length === 0 || at > end) parts.push(at, 0);
    parts[parts.length - 1] = (parts.at(-1) ?? 0) + 1;
    end = at + 1;
  }
  return parts;
}

/** The record of a text, or why there is none. What is given holds all that `BuildRecord` says of it. */
export function readRecord(text: string): { record: BuildRecord; reason: null } | { record: null; reason: string } {
  try {
    const content = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_BYTES });
    const found: unknown = JSON.parse(content.toString());
    const version = (found as Partial<Record<string, unknown>> | null)?.version;
    if (typeof version === 'number' && version !== VERSION) {
      return { record: null, reason: `its record has version ${version}, not ${VERSION}` };
    }
    if (isWritten(found) && isOrdered(found.steps)) return { record: recordOf(found), reason: null };
  } catch {
    // No base64, no gzip, too long, no JSON, or a file that is not in the table.
  }
  return { record: null, reason: 'its record is damaged' };
}

/** @throws Error when the table or a step's part of it is not what it should be */
function recordOf({ version: _, files: table, steps, ...record }: Written): BuildRecord {
  const states = table.paths.map((path, at): FileState => {
    const digest = table.digests.slice(at * DIGITS, (at + 1) * DIGITS).trimEnd();
    return { path, mode: table.modes[at] ?? -1, size: table.sizes[at] ?? -1, digest };
  });
  const lengths = [table.modes.length, table.sizes.length, table.digests.length / DIGITS];
  if (lengths.some((length) => length !== states.length) || !states.every(isState)) throw new Error('no table');
  const lists = new Map<string, FileState[]>();
  let listed = 0;
  const listOf = (parts: number[]): FileState[] => {
    const known = lists.get(parts.join());
    if (known) return known;
    listed += parts.reduce((sum, count, at) => (at % 2 === 1 ? sum + count : sum), 0);
    if (listed > MOST_LISTED) throw new Error('too many files');
    const files = parts.flatMap((start, at) => (at % 2 === 0 ? part(states, start, parts[at + 1]) : []));
    if (files.some(({ path }, at) => at > 0 && path <= (files[at - 1]?.path ?? ''))) throw new Error('not sorted');
    lists.set(parts.join(), files);
    return files;
  };
  return { ...record, steps: steps.map((step) => ({ ...step, files: step.files && listOf(step.files) })) };
}

function part(states: FileState[], start: number, count = 0): FileState[] {
  if (count === 0 || start + count > states.length) throw new Error('no such files');
  return states.slice(start, start + count);
}

/** Whether no id is there twice, and every step stands on steps that are there, and never on itself. */
function isOrdered(steps: readonly WrittenStep[]): boolean {
  const above = new Map(steps.map(({ id }) => [id, [] as string[]]));
  if (above.size !== steps.length) return false;
  const open = new Map<string, number>();
  for (const { id, parent, sources } of steps) {
    const below = [...(parent === null ? [] : [parent]), ...sources.map(({ step }) => step)];
    for (const one of below) above.get(one)?.push(id);
    if (!below.every((one) => above.has(one))) return false;
    open.set(id, below.length);
  }
  const done = steps.map(({ id }) => id).filter((id) => open.get(id) === 0);
  for (const id of done) {
    for (const next of above.get(id) ?? []) {
      const left = (open.get(next) ?? 0) - 1;
      open.set(next, left);
      if (left === 0) done.push(next);
    }
  }
  return done.length === steps.length;
}

type Check<T> = (value: unknown) => value is T;

const isString = (value: unknown): value is string => typeof value === 'string';
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isMeasure = (value: unknown): value is number => Number.isFinite(value) && Number(value) >= 0;
const isMode = (value: unknown): value is number => isCount(value) && value <= 0o177777;
const isDigest = (value: unknown): value is string => isString(value) && /^([0-9a-f]{16})?$/.test(value);

function oneOf<T extends string | number>(...values: T[]): Check<T> {
  return (value): value is T => values.some((one) => one === value);
}

function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

function listOf<T>(check: Check<T>): Check<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(check);
}

/** An object with these keys and no others. That none is forgotten here is seen to by the compiler. */
function object<T>(checks: { [Key in keyof T]-?: Check<T[Key]> }): Check<T> {
  const all = Object.entries<Check<unknown>>(checks);
  return (value): value is T => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const has = (key: string) => Object.hasOwn(value, key);
    const isWhole = all.every(([key, check]) => has(key) && check((value as Record<string, unknown>)[key]));
    return isWhole && Object.keys(value).length === all.length;
  };
}

/** Texts by names that mean nothing to JavaScript. */
function isTexts(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, text]) => !(name in Object.prototype) && isString(text));
}

const isState = object<FileState>({ path: isString, mode: isMode, size: isCount, digest: isDigest });

const isStep = object<WrittenStep>({
  id: isString,
  stage: isString,
  platform: orNull(isString),
  line: orNull(isCount),
  instruction: isString,
  text: isString,
  heredoc: isString,
  content: isString,
  parent: orNull(isString),
  sources: listOf(object<Source>({ step: isString, way: oneOf('copy', 'mount', 'link') })),
  settings: listOf(object<Setting>({ keyword: oneOf('USER', 'WORKDIR', 'SHELL'), text: isString, line: isCount })),
  variables: listOf(object<Variable>({ name: isString, value: isString, line: orNull(isCount) })),
  complete: isFlag,
  operation: orNull(isString),
  images: listOf(object<Image>({ name: isString, digest: orNull(isString) })),
  remote: orNull(isString),
  files: orNull(listOf(isCount)),
  layerBytes: orNull(isCount),
  done: isFlag,
  seconds: orNull(isMeasure),
});

const isWritten = object<Written>({
  version: oneOf<typeof VERSION>(VERSION),
  time: isMeasure,
  commit: isString,
  stages: listOf(isString),
  engine: orNull(isString),
  options: isTexts,
  steps: listOf(isStep),
  files: object<Table>({
    paths: listOf(isString),
    modes: listOf(isMode),
    sizes: listOf(isCount),
    digests: isString,
  }),
});
