// The build context as the builder sees it: a directory, less what .dockerignore says. Only what is asked for is looked
// at. The way through the tree is that of Walk in fsutil's filter.go, which runs where the client sends the context.
import { basename, dirname } from 'node:path';
import { type Entry, openTree, type Tree } from '../host/tree.ts';
import { PatternError } from './automaton.ts';
import { followLinks } from './follow.ts';
import { ignorePatterns } from './ignore.ts';
import { type Matched, Patterns } from './pattern.ts';

/** Something on the way through the tree. */
export interface Found {
  entry: Entry;
  /** It is a directory that is left out itself, and there only for what lies below it. */
  hidden: boolean;
  included: Matched | null;
  ignored: Matched | null;
}

// As in BuildKit (cache/contenthash/path.go) and Go.
const MOST_LINKS = 255;

// A manifest, a lock file's head or an ignore file is no larger; what is, is not read into memory.
const MOST_TEXT = 1 << 20;

export class Context {
  private readonly tree: Tree;
  private readonly ignore: Patterns;
  private readonly include: Patterns | null;
  /** The name of the ignore file; null where there is none. */
  readonly ignoreFile: string | null;

  constructor(tree: Tree, ignore: Patterns, include: Patterns | null = null, ignoreFile: string | null = null) {
    this.tree = tree;
    this.ignore = ignore;
    this.include = include;
    this.ignoreFile = ignoreFile;
  }

  /**
   * Whether COPY would find the path, a file or a directory, relative to the root of the context. Links are followed, and
   * never lead out of it.
   */
  has(path: string): boolean {
    return this.find(path) !== null;
  }

  /** Whether COPY would take a file of that path, relative to the root, if there were one and no link on the way. */
  takes(path: string): boolean {
    const parts = path.split('/');
    let above: Matched | null = null;
    let isIgnored = false;
    for (let length = 1; length <= parts.length; length++) {
      const way = parts.slice(0, length).join('/');
      const ignored: Matched = [];
      isIgnored = this.ignore.match(way, above, ignored);
      if (isIgnored && !this.ignore.mayExceptIn(way)) return false;
      above = ignored;
    }
    return !isIgnored;
  }

  /** The text of a file that COPY would find; null where there is none, or it is too large to be one of settings. */
  text(path: string): string | null {
    const found = this.find(path);
    const small = found?.entry.kind === 'file' && found.entry.size <= MOST_TEXT;
    return small ? this.tree.text(found.entry.path) : null;
  }

  /** The names in a directory that COPY would find; none where there is no such directory. */
  names(path: string): string[] {
    const found = this.find(path);
    if (found?.entry.kind !== 'directory') return [];
    const seen = [...this.children(found)].filter((child) => this.isSeen(child));
    return seen.map(({ entry }) => basename(entry.path));
  }

  /**
   * What the builder gets for a build that reads these paths: it asks for them only, wildcards included.
   * @throws PatternError if a path is no pattern
   */
  sent(paths: readonly string[]): Context {
    const include = followLinks(this.tree, paths);
    return new Context(this.tree, this.ignore, include && new Patterns(include), this.ignoreFile);
  }

  /** What the path leads to, links followed inside the context (getFollowLinks in cache/contenthash/checksum.go), or null. */
  find(path: string): Found | null {
    const root = this.tree.entry('');
    if (root?.kind !== 'directory') return null;
    const way: Found[] = [{ entry: root, hidden: false, included: null, ignored: null }];
    const ahead = path.split('/').reverse();
    let links = 0;
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      const here = way.at(-1);
      if (name === '' || name === '.' || here === undefined) continue;
      if (name === '..') {
        if (way.length > 1) way.pop();
        continue;
      }
      const found = here.entry.kind === 'directory' ? this.below(here, name) : null;
      const target = found?.entry.target ?? null;
      if (found === null || (target !== null && ++links > MOST_LINKS)) return null;
      if (target === null) way.push(found);
      else ahead.push(...target.split('/').reverse());
      if (target?.startsWith('/')) way.length = 1;
    }
    const end = way.at(-1);
    return end && this.isSeen(end) ? end : null;
  }

  /** All that the builder sees below a directory, each directory before what is in it. */
  *walk(directory: Found): Generator<Entry> {
    const levels = [{ found: directory, inside: this.children(directory), told: true }];
    for (let last = levels.at(-1); last !== undefined; last = levels.at(-1)) {
      const { value: found } = last.inside.next();
      if (!found) {
        levels.pop();
        continue;
      }
      if (found.entry.kind === 'directory') {
        levels.push({ found, inside: this.children(found), told: !found.hidden });
      }
      if (found.hidden) continue;
      // A hidden directory is there as soon as something in it is.
      for (const above of levels) {
        if (!above.told) yield above.found.entry;
        above.told = true;
      }
      yield found.entry;
    }
  }

  /** What lies directly in a directory, hidden directories included. */
  *children(directory: Found): Generator<Found, undefined> {
    for (const name of this.tree.names(directory.entry.path).sort()) {
      const found = this.below(directory, name);
      if (found !== null) yield found;
    }
  }

  /** Whether the builder sees it: a hidden directory only if it sees something in it. */
  isSeen(found: Found): boolean {
    return !found.hidden || !this.walk(found).next().done;
  }

  /** What the name leads to, itself if it is a link; null if it is left out or not there. */
  private below(directory: Found, name: string): Found | null {
    const path = directory.entry.path === '' ? name : `${directory.entry.path}/${name}`;
    const included: Matched = [];
    const ignored: Matched = [];
    const isIncluded = this.include?.match(path, directory.included, included) ?? true;
    if (!isIncluded && !this.include?.mayMatchIn(path)) return null;
    const isIgnored = this.ignore.match(path, directory.ignored, ignored);
    if (isIgnored && !this.ignore.mayExceptIn(path)) return null;
    const hidden = isIgnored || !isIncluded;
    const entry = this.tree.entry(path);
    return entry === null || (hidden && entry.kind !== 'directory') ? null : { entry, hidden, included, ignored };
  }
}

/**
 * The context of a build, or why nobody can tell what is in it: patterns in an ignore file that are none, on which the
 * build fails, or more of them than anybody writes.
 * `<Dockerfile>.dockerignore` beside the Dockerfile, even an empty one, wins over `.dockerignore` in the context. Both are
 * read whether they are ignored or not; in an image they are only if COPY takes them, as any other file
 * (frontend/dockerui/config.go). The classic builder differs: it knows only the second.
 */
export function readContext(directory: string, dockerfile: string): Context | { problem: string } {
  const tree = openTree(directory);
  const own = [openTree(dirname(dockerfile)), `${basename(dockerfile)}.dockerignore`] as const;
  for (const [place, name] of [own, [tree, '.dockerignore'] as const]) {
    const found = new Context(place, new Patterns([])).find(name);
    if (found !== null && found.entry.size > MOST_TEXT) return { problem: `${name} is larger than 1 MB` };
    const text = found?.entry.kind === 'file' ? place.text(found.entry.path) : null;
    if (text === null) continue;
    try {
      return new Context(tree, new Patterns(ignorePatterns(text)), null, name);
    } catch (error) {
      if (error instanceof PatternError) return { problem: `${name}: ${error.message}` };
      throw error;
    }
  }
  return new Context(tree, new Patterns([]));
}
