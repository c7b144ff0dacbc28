// Which directory a Dockerfile is built from, where nobody says: a `docker/Dockerfile` is often built from the root of its
// repository. Told by compose files, or else from what its COPYs, ADDs and mounts name.
import { basename, resolve } from 'node:path';
import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import { copied, flagValue, mounts } from '../dockerfile/files.ts';
import { openTree, type Tree } from '../host/tree.ts';
import { composedBuilds, isComposeFile } from './compose.ts';
import { rooted } from './follow.ts';
import { hasWildcards } from './glob.ts';

// Enough to tell directories apart; a file that was made to hang linters may name more.
const MOST_NAMES = 50;

// A compose file is no larger.
const MOST_TEXT = 1 << 20;

/** Guesses contexts; remembers what compose files say. */
export class ContextGuess {
  /** The contexts of Dockerfiles by the directory of the compose file; all paths are absolute. */
  private readonly composed = new Map<string, ReadonlyMap<string, string>>();

  /**
   * The directory from which a Dockerfile is built: what a compose file says, or else the one in which the fewest of the
   * named sources are missing. Of equals the first counts, as where all of the context is copied and nothing is named.
   * @param path of the Dockerfile
   * @param directories in question, absolute: its own first
   */
  of(dockerfile: Dockerfile, path: string, directories: readonly string[]): string | null {
    const file = resolve(path);
    const told = directories.map((directory) => this.composedIn(directory).get(file)).find(Boolean);
    if (told !== undefined) return told;
    const named = namedSources(dockerfile);
    const missing = directories.map((directory) => {
      const tree = openTree(directory);
      return named.filter((source) => !isThere(tree, source)).length;
    });
    return directories[missing.indexOf(Math.min(...missing))] ?? null;
  }

  private composedIn(directory: string): ReadonlyMap<string, string> {
    const known = this.composed.get(directory) ?? contextsToldIn(directory);
    this.composed.set(directory, known);
    return known;
  }
}

function contextsToldIn(directory: string): ReadonlyMap<string, string> {
  const tree = openTree(directory);
  const contexts = new Map<string, string>();
  for (const name of tree.names('').filter(isComposeFile).sort()) {
    const entry = tree.entry(name);
    if (entry?.kind !== 'file' || entry.size > MOST_TEXT) continue;
    for (const { context, dockerfile } of composedBuilds(tree.text(name) ?? '')) {
      const place = resolve(directory, context);
      const file = resolve(place, dockerfile);
      if (!contexts.has(file)) contexts.set(file, place);
    }
  }
  return contexts;
}

/** What is taken from the context by a name without variables. Of a name with wildcards, what stands in front of them. */
function namedSources({ instructions }: Dockerfile): string[] {
  const paths = instructions.flatMap((written) => {
    const instruction = written.trigger ?? written;
    const copies = flagValue(instruction, 'from') === null ? (copied(instruction)?.sources ?? []) : [];
    const mounted = mounts(instruction).filter(({ type, from }) => type === 'bind' && from === null);
    return [...copies.map(({ text }) => text), ...mounted.flatMap(({ source }) => source ?? [])];
  });
  const plain = paths.filter((path) => !/\$|^[a-z]+:\/\/|^git@/.test(path)).map(rooted);
  return [...new Set(plain.map(fixedPart).filter((path) => path !== ''))].slice(0, MOST_NAMES);
}

/** `a/b/*.txt` is told by `a/b`, `*.txt` by itself. */
function fixedPart(path: string): string {
  const parts = path.split('/');
  const wild = parts.findIndex(hasWildcards);
  return wild > 0 ? parts.slice(0, wild).join('/') : path;
}

function isThere(tree: Tree, path: string): boolean {
  if (!hasWildcards(path)) return tree.entry(path) !== null;
  // A star for all names tells nothing.
  const ending = /^\*(\.\w+)$/.exec(basename(path))?.[1] ?? '';
  return tree.names('').some((name) => name.endsWith(ending));
}
