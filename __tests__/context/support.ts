// Build contexts that nobody would make, from a seed, and what a real engine copies out of them.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type Context, readContext } from '../../src/context/context.ts';
import { readings, type Selection } from '../../src/context/select.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { type Entry, openTree } from '../../src/host/tree.ts';
import { directory, engine, run } from '../support/engine.ts';

/** The seed of a run. A failure prints it; SEED=… repeats the run, CASES=… makes it longer. */
export const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
export const CASES = Number(process.env.CASES ?? 100);

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** From 0 up to and without `limit`. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  chance(probability: number): boolean {
    return this.below(1000) < probability * 1000;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** A tree by its paths: a text is a file, `-> target` a link; a directory that has nothing in it ends in a slash. */
export type Files = Record<string, string>;

/** Makes the tree in a new directory, which is removed after the test file. */
export function make(files: Files): string {
  const root = directory({});
  for (const [path, text] of Object.entries(files)) {
    const at = join(root, path);
    mkdirSync(path.endsWith('/') ? at : join(at, '..'), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), at);
    else {
      if (!path.endsWith('/')) writeFileSync(at, text);
      if (path.length % 3 === 0) chmodSync(at, 0o750);
    }
  }
  return root;
}

/** The context in a directory, whose ignore file must be in order. */
export function contextIn(root: string): Context {
  const context = readContext(root, join(root, 'Dockerfile'));
  if ('problem' in context) throw new Error(context.problem);
  return context;
}

/** What the only instruction that reads the context does read. */
export function selectionOf(context: Context, text: string, buildArgs = {}): Selection | null {
  const [reading, ...others] = readings(context, parseDockerfile(text, 'Dockerfile').dockerfile, null, buildArgs);
  if (!reading || others.length > 0) throw new Error(`not one that reads the context: ${text}`);
  return reading.selection;
}

/** All that COPY takes, links and directories as well. */
export function copiedEntries(root: string, copy: string): Entry[] {
  const selection = selectionOf(contextIn(root), `FROM scratch\nCOPY ${copy} /o/`);
  return [...(selection?.files ?? []), ...(selection?.directories ?? [])];
}

/**
 * An entry in one line. Not its size: where fsutil's two ways to apply an ignore file disagree (Walk and Open in
 * filter.go), it sends a file without its content.
 */
export function line({ path, kind, mode, target }: Entry): string {
  return `${JSON.stringify(path)} ${kind} ${kind === 'symlink' ? JSON.stringify(target) : mode.toString(8)}`;
}

/** All entries below a directory. */
export function entriesIn(root: string): Entry[] {
  const tree = openTree(root);
  const list = (path: string): Entry[] =>
    tree.names(path).flatMap((name) => {
      const entry = tree.entry(path === '' ? name : `${path}/${name}`);
      return entry === null ? [] : [entry, ...(entry.kind === 'directory' ? list(entry.path) : [])];
    });
  return list('');
}

export interface Case {
  root: string;
  /** The COPY that is tried: its flags and sources, without the destination. */
  copy: string;
}

/** The directory with what an image holds, or why there is none. */
export type Built = { output: string } | { error: string };

/**
 * One build that tries all the cases: the third is in the directory 2 of the output. The context of each is a named
 * one, which BuildKit reads as it reads the main one.
 */
export function buildCases(cases: readonly Case[], ...flags: string[]): Promise<Built> {
  const lines = cases.map(({ copy }, at) => `COPY --from=case${at} ${copy} /${at}/`);
  const contexts = cases.flatMap(({ root }, at) => ['--build-context', `case${at}=${root}`]);
  return build([...flags, ...contexts, directory({ Dockerfile: ['FROM scratch', ...lines, ''].join('\n') })]);
}

let environment: ReturnType<typeof engine> | null = null;

export async function build(args: string[]): Promise<Built> {
  const output = directory({});
  const command = ['build', '--progress=plain', '--output', `type=local,dest=${output}`, ...args];
  environment ??= engine('containerd');
  const { code, stderr } = await run('docker', command, environment);
  return code === 0 ? { output } : { error: /^ERROR: .*$/m.exec(stderr)?.[0] ?? stderr };
}

/** The output of a build that must succeed. */
export function outputOf(built: Built): string {
  if ('error' in built) throw new Error(built.error);
  return built.output;
}

/** Fails unless both lists hold the same, in whatever order and however often; tells whose case it is. */
export function expectSame(name: string, found: readonly string[], expected: readonly string[]): void {
  const set = (list: readonly string[]) => [...new Set(list)].sort();
  expect({ name, lines: set(found) }).toEqual({ name, lines: set(expected) });
}
