// What the builder asks the client for when a build reads only some paths of the context: they, and what links on the
// way lead to. A port of fsutil's followlinks.go, with all that it misses: where a name with wildcards matches a link, it
// forgets the other matches; behind a directory with wildcards it sees no links; and of two paths through one link, it
// follows the first only.
import { basename, dirname, join } from 'node:path/posix';
import type { Tree } from '../host/tree.ts';
import { PatternError } from './automaton.ts';
import { glob, hasWildcards } from './glob.ts';
import { clean } from './pattern.ts';

/** The paths, which may have wildcards, and those that links lead to; null if that is all of the tree. */
export function followLinks(tree: Tree, paths: readonly string[]): string[] | null {
  const followed = new Set<string>();
  const pending = paths.map(rooted).sort().reverse();
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length++) {
      const current = parts.slice(0, length).join('/');
      const targets = targetsOf(tree, current);
      if (targets.length === 0 && length < parts.length) continue;
      if (followed.has(current)) break;
      followed.add(current);
      const rest = parts.slice(length).join('/');
      for (const target of targets.reverse()) pending.push(rooted(join(target, rest)));
      break;
    }
  }
  return followed.has('') ? null : [...followed].sort();
}

/** Relative to the root, out of which nothing leads; '' is the root. */
export function rooted(path: string): string {
  return clean(join('/', path)).slice(1);
}

/** Where a link leads, or all the links that a name with wildcards matches. */
function targetsOf(tree: Tree, path: string): string[] {
  const name = basename(path);
  if (!hasWildcards(name)) return targetOf(tree, path);
  const directory = path.slice(0, -name.length);
  return tree
    .names(directory.slice(0, -1))
    .filter(matcher(name))
    .sort()
    .flatMap((found) => targetOf(tree, directory + found));
}

function targetOf(tree: Tree, path: string): string[] {
  const target = tree.entry(path)?.target ?? null;
  if (target === null) return [];
  return [target.startsWith('/') ? target : join('/', dirname(path), target)];
}

function matcher(pattern: string): (name: string) => boolean {
  try {
    return glob(pattern);
  } catch (error) {
    // Whoever uses the pattern in earnest will stumble over it.
    if (error instanceof PatternError) return () => false;
    throw error;
  }
}
