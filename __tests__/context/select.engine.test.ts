// COPY of a part of the context: links, wildcards, --exclude; held against a real engine.

import { join } from 'node:path';
import { basename } from 'node:path/posix';
import { expect, test } from '@jest/globals';
import type { Entry } from '../../src/host/tree.ts';
import { read } from '../support/engine.ts';
import {
  buildCases,
  CASES,
  type Case,
  contextIn,
  copiedEntries,
  entriesIn,
  expectSame,
  type Files,
  make,
  outputOf,
  Random,
  SEED,
  selectionOf,
} from './support.ts';

// No name comes twice in a tree, so that it tells what an entry of the output was. Files hold their own path.
const ENDS = ['', '.md', '.txt', '.d', ' x', '[z]', '-é'];
const IGNORES = ['*.md', 'a*', '*\n!b*', '**/*.txt', '**/a*\n!**/a1*'];

function randomTree(random: Random): Files {
  const paths: string[] = [];
  const fill = (above: string, depth: number): void => {
    for (let count = 1 + random.below(depth === 0 ? 8 : 5); count > 0; count--) {
      const path = `${above}${random.pick(['a', 'b', 'c'])}${paths.length}${random.pick(ENDS)}`;
      const isDirectory = depth < 4 && random.chance(0.4);
      paths.push(isDirectory ? `${path}/` : path);
      if (isDirectory) fill(`${path}/`, depth + 1);
    }
  };
  fill('', 0);
  const target = (): string => {
    const to = random.chance(0.9) ? random.pick(paths).replace(/\/$/, '') : 'nowhere';
    if (random.chance(0.3)) return `/${to}`;
    return random.chance(0.3) ? basename(to) : `${'../'.repeat(random.below(5))}${random.pick(['', './'])}${to}`;
  };
  // A link that is taken for a pattern, and so not seen, may lead the client out of the context or in circles.
  const text = (path: string): string => (random.chance(0.3) && !path.endsWith(']') ? `-> ${target()}` : path);
  return Object.fromEntries(paths.map((path) => [path, path.endsWith('/') ? '' : text(path)]));
}

function randomSource(random: Random, files: Files): string {
  if (random.chance(0.05)) return random.pick(['.', '/', '..', '*', './', 'nothing', 'no*thing', 'nothing/*']);
  const links = Object.keys(files).filter((path) => files[path]?.startsWith('-> '));
  let source = random.pick(Object.keys(files)).replace(/\/$/, '');
  // Straight at a link, or through one.
  if (links.length > 0 && random.chance(0.4)) {
    source = random.chance(0.5) ? random.pick(links) : `${random.pick(links)}/${basename(source)}`;
  }
  // Blanks would have to be quoted, brackets escaped.
  const parts = source.replace(/[[\] ]/g, '?').split('/');
  const changed = parts.slice(0, 1 + random.below(parts.length)).map((part) => {
    const [before, after] = [part.slice(0, random.below(part.length)), part.slice(random.below(part.length))];
    const wild = [
      `*`,
      `${before}*`,
      `*${after}`,
      `[^a]${part.slice(1)}`,
      `?${part.slice(1)}`,
      '[a-b]*',
      `${before}*${after}`,
    ];
    return random.chance(0.6) ? part : random.pick(wild);
  });
  return `${random.chance(0.1) ? random.pick(['./', '/', '../', './/']) : ''}${changed.join('/')}${random.chance(0.1) ? '/' : ''}`;
}

function randomExclude(random: Random, files: Files): string {
  const path = random
    .pick(Object.keys(files))
    .replace(/\/$/, '')
    .replace(/[[\] ]/g, '?');
  const patterns = [basename(path), path, `**/${basename(path)}`, '*', '**/*.md', '!**/*.txt', '!*', 'a*', '*/*'];
  return `--exclude=${random.pick(patterns)}`;
}

function randomCase(seed: number): Case & { name: string; fails: boolean } {
  const random = new Random(seed);
  const files = randomTree(random);
  const excludes = Array.from({ length: Math.max(0, random.below(4) - 1) }, () => randomExclude(random, files));
  const sources = Array.from({ length: 1 + random.below(2) }, () => randomSource(random, files));
  const copy = [...excludes, ...sources].join(' ');
  const root = make({ ...files, '.dockerignore': random.chance(0.3) ? random.pick(IGNORES) : '' });
  const missing = selectionOf(contextIn(root), `FROM scratch\nCOPY ${copy} /o/`)?.missing ?? [];
  return { name: `seed ${seed}: COPY ${copy}`, root, copy, fails: missing.length > 0 };
}

/** What of an entry is the same in the output: a file that a link led to has the link's name there. */
function identity(root: string, { path, kind, mode, target }: Entry): string {
  if (kind === 'file') return `${path === '.dockerignore' ? path : read(root, path)} ${mode.toString(8)}`;
  return `${basename(path)} ${target ?? ''}`;
}

/** What is lacking in the output because a link that was copied and what it leads to had one name there. */
function overwritten(root: string, output: readonly Entry[], entry: Entry): boolean {
  return output.some(({ path, kind }) => {
    if (entry.kind === 'symlink') return basename(path) === basename(entry.path) && kind !== 'symlink';
    const link = kind === 'symlink' && entriesIn(root).find((one) => basename(one.path) === basename(path));
    return link && contextIn(root).find(link.path)?.entry.path === entry.path;
  });
}

test(`random sources, SEED=${SEED}`, async () => {
  const cases = Array.from({ length: CASES }, (_, at) => randomCase(SEED * 10_000 + at));
  const good = cases.filter(({ fails }) => !fails);
  for (let first = 0; first < good.length; first += 50) {
    const batch = good.slice(first, first + 50);
    const output = outputOf(await buildCases(batch));
    for (const [at, { name, root, copy }] of batch.entries()) {
      const there = join(output, `${at}`);
      const copied = entriesIn(there);
      const expected = copied.map((entry) => identity(there, entry));
      const found = copiedEntries(root, copy)
        .map((entry) => ({ entry, text: identity(root, entry) }))
        .filter(({ entry, text }) => expected.includes(text) || !overwritten(root, copied, entry));
      expectSame(
        name,
        found.map(({ text }) => text),
        expected,
      );
    }
  }
  // Each of these fails a build of its own, unless another one was equal for the cache.
  for (const one of cases.filter(({ fails }) => fails).slice(0, CASES / 10)) {
    expect({ name: one.name, ...(await buildCases([one], '--no-cache')) }).toHaveProperty('error');
  }
}, 3_600_000);
