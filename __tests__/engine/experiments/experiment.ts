// What an experiment is: build, change one thing, build, and what the second build must say. The tables beside this file
// are made of it; run.ts runs them.

import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { CauseKind } from '../../../src/report/report.ts';

export interface Experiment {
  name: string;
  /**
   * The build context. Every one has a file `salt` as well, with a text that no other experiment has: what stands on a COPY
   * of it is in no engine's cache by accident.
   */
  files: Record<string, string | Change>;
  flags?: string[];
  /** Images of the engine, by the name that the Dockerfile has for them: what `docker build` makes them from. */
  images?: Record<string, string>;
  change: {
    /** A text is the new content. */
    files?: Record<string, string | Change>;
    /** In place of those of the first build. */
    flags?: string[];
    images?: Record<string, string>;
  };
  /** The steps of the second build that were not reused, by line and keyword. All others must be hits. */
  misses: Record<string, Expected>;
  /** Where only one of the image stores can build it. */
  only?: 'containerd' | 'overlay2';
}

/** What must be told of a step that was not reused. */
export interface Expected {
  kind: CauseKind;
  /** All lines of evidence, in their order. */
  evidence?: string[];
  /** Occurs in the sentence, in the evidence or in what to do. */
  says?: string[];
  /** Occurs in none of them. */
  silent?: string[];
  /** Of a consequence: the step that missed first, by line and keyword. */
  root?: string;
  /** Did it fail, instead of being run to its end? */
  failed?: boolean;
}

/** Changes what is at this path; `fill` puts words of the experiment in place of SALT, BASE and OTHER. */
export type Change = (path: string, fill: (text: string) => string) => void;

export const write =
  (content: string): Change =>
  (path, fill) =>
    writeFileSync(path, fill(content));

export const remove: Change = (path) => rmSync(path, { recursive: true });

/** A file of its own in place of what is there: a link is not followed. */
export const replaceBy =
  (content: string): Change =>
  (path, fill) => {
    rmSync(path);
    writeFileSync(path, fill(content));
  };

export const edit =
  (...replacements: [old: string, text: string][]): Change =>
  (path, fill) => {
    let content = readFileSync(path, 'utf8');
    for (const [old, text] of replacements) {
      if (!content.includes(fill(old))) throw new Error(`${path} has no ${JSON.stringify(old)}`);
      content = content.replace(fill(old), () => fill(text));
    }
    writeFileSync(path, content);
  };

export const mode =
  (bits: number): Change =>
  (path) =>
    chmodSync(path, bits);

export const touch: Change = (path) => utimesSync(path, 1, 1);

export const emptyDirectory: Change = (path) => mkdirSync(path);

export const moveTo =
  (name: string): Change =>
  (path) =>
    renameSync(path, join(dirname(path), name));

export const link =
  (target: string): Change =>
  (path) => {
    rmSync(path, { force: true });
    symlinkSync(target, path);
  };

/** Carries out changes below a directory, in their order. */
export function apply(
  directory: string,
  changes: Record<string, string | Change>,
  fill: (text: string) => string,
): void {
  for (const [name, change] of Object.entries(changes)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    (typeof change === 'string' ? write(change) : change)(path, fill);
  }
}

/** A text of several lines without the indentation of the table around it. */
export function text({ raw }: TemplateStringsArray): string {
  const lines = (raw[0] ?? '').split('\n').slice(1, -1);
  const indentation = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return `${lines.map((line) => line.slice(indentation)).join('\n')}\n`;
}

/** All that changed among the files that a step reads. */
export const files = (...evidence: string[]): Expected => ({ kind: 'files-changed', evidence });

/** The difference of the texts. */
export const edited = (...evidence: string[]): Expected => ({ kind: 'instruction-changed', evidence });

export const because = (kind: CauseKind, ...says: string[]): Expected => ({ kind, says });

export const variable = (...names: string[]): Expected =>
  because('variable-changed', ...names.map((name) => `\`${name}\``));

/** A consequence. */
export const below = (root: string, ...says: string[]): Expected => ({
  kind: 'consequence',
  root,
  says: [`(line ${/\d+/.exec(root)})`, ...says],
});
