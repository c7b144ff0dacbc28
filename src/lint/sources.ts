// What COPY, ADD and bind mounts bring into an image, and where to. Paths in, facts out; the context is only asked
// through LintInput.
import { basename, dirname, isAbsolute, join, relative } from 'node:path/posix';
import type { Range, Word } from '../dockerfile/dockerfile.ts';
import { copied, flagValue, mounts } from '../dockerfile/files.ts';
import { resolve } from '../dockerfile/variables.ts';
import { changeDirectory, type Placed } from '../dockerfile/workdir.ts';

/** One thing that is brought in. */
export interface Source {
  /** Whether it comes from the build context; else from a stage, an image or the Dockerfile itself. */
  context: boolean;
  /** Its path there, '' for all of it. May be a pattern, if it is no directory. */
  path: string;
  /** Whether it is surely a directory, of which the content lands in `to`. */
  directory: boolean;
  /** Where it lands, as Placed.workdir tells places; of a file that takes the destination's name, the whole path. */
  to: string;
  /** The destination as it is written, variables resolved. */
  destination: string;
  /** The COPY, ADD or mount. */
  range: Range;
}

// A word for a directory is not told from one for a file, so that only names count that no file has.
const DIRECTORIES =
  /^(api|app|apps|assets|backend|client|cmd|components|css|docs?|frontend|html|internal|lib|pages|pkg|public|server|source|spec|src|static|styles|templates|tests?|views|web|www)$/;

// Files that change with the project: manifests, lock files and code.
const CODE =
  /^(package.*\.json|(yarn|poetry|uv|bun|pnpm|Cargo|Gemfile|composer|mix|Pipfile)[.-]?lock.*|(.*-)?requirements.*\.txt|pyproject\.toml|Pipfile|Gemfile|go\.(mod|sum)|Cargo\.toml|composer\.json|pom\.xml|.*\.(gradle(\.kts)?|[cf]sproj|py|js|ts|mjs|go|rs|rb|php|java|jar|war))$/;

/** Whether it is a single file of the context that by its name changes with the project. */
export function isCode({ context, directory, path }: Source): boolean {
  return context && !directory && CODE.test(basename(path));
}

// No COPY names so many; a file that was made to hang linters may.
const MOST_SOURCES = 500;

/**
 * What a COPY or ADD brings. Left out are URLs, sources whose place depends on a variable nobody knows, and all of a list
 * that is too long to be one.
 */
export function sourcesOf({ instruction, scope, workdir }: Placed, escapeToken: string): Source[] {
  const copy = copied(instruction);
  const destination = copy && resolve(copy.destination.text, scope, escapeToken);
  const to = destination ? changeDirectory(workdir, destination) : null;
  if (!copy || !destination || to === null || copy.sources.length > MOST_SOURCES) return [];
  const { range } = instruction;
  // What is left of a directory under these flags is hard to tell: it counts as something that is not the source.
  const narrowed = ['from', 'exclude', 'parents'].some((flag) => flagValue(instruction, flag) !== null);
  const inline = instruction.heredocs.map(({ name }) => ({
    context: false,
    path: name,
    directory: false,
    to,
    destination,
    range,
  }));
  const listed = copy.sources.flatMap((word) => {
    const path = contextPath(word, (text) => resolve(text, scope, escapeToken));
    if (path === null) return [];
    const directory = path === '' || word.text.endsWith('/') || DIRECTORIES.test(basename(path));
    return [{ context: !narrowed, path, directory, to, destination, range }];
  });
  const several = listed.length + inline.length > 1 || /(^|\/)\.{0,2}$/.test(destination);
  return [...listed, ...inline].map((source) =>
    several && !source.directory ? { ...source, to: join(to, basename(source.path)) } : source,
  );
}

/** The parts of the context that a RUN mounts. */
export function mountedSources({ instruction, scope, workdir }: Placed, escapeToken: string): Source[] {
  const all = mounts(instruction);
  return (all.length > MOST_SOURCES ? [] : all).flatMap(({ type, from, source, target, range }) => {
    const destination = target === null ? null : resolve(target, scope, escapeToken);
    const to = destination === null ? null : changeDirectory(workdir, destination);
    const path = resolve(source ?? '.', scope, escapeToken);
    if (type !== 'bind' || from !== null || destination === null || to === null || path === null) return [];
    const rooted = rootedPath(path);
    return [{ context: true, path: rooted, directory: rooted === '' || path.endsWith('/'), to, destination, range }];
  });
}

function contextPath({ text }: Word, see: (text: string) => string | null): string | null {
  const path = see(text);
  if (path === null || /^[a-z+]+:\/\/|^git@/.test(path)) return null;
  const rooted = rootedPath(path);
  // All of the context by another name.
  return rooted === '*' || rooted === '**' ? '' : rooted;
}

/** Sources are relative to the context's root, however many slashes and dots they begin with. */
function rootedPath(path: string): string {
  return join('/', path).slice(1).replace(/\/$/, '');
}

/**
 * Where the file comes from if the source brings it: its path in the context. Null if it does not, or if the two
 * places cannot be compared, because the base image's directory lies between them.
 */
export function originOf(file: string, source: Source): string | null {
  if (source.directory) {
    const within = pathWithin(source.to, file);
    return within === null ? null : join(source.path, within);
  }
  if (source.to === file) return source.path;
  const pattern = basename(source.path);
  if (!/[*?[]/.test(pattern)) return null;
  const matches = source.to === join(dirname(file), pattern) && matchesPattern(basename(file), pattern);
  return matches ? join(dirname(source.path), basename(file)) : null;
}

/** The way from the directory down to the path; null if it does not lie in it or that cannot be known. */
export function pathWithin(directory: string, path: string): string | null {
  if (isAbsolute(directory) !== isAbsolute(path) || directory.startsWith('..') || path.startsWith('..')) return null;
  const way = relative(join('/', directory), join('/', path));
  return way === '..' || way.startsWith('../') ? null : way;
}

/** Whether the base image and packages put files into the directory as well: not all that is in it was copied. */
export function isShared(place: string): boolean {
  if (/^\.?\/?(home|opt|root|srv|tmp)?$/.test(place)) return true;
  return (
    /^\/(bin|boot|dev|etc|lib\w*|proc|run|sbin|sys|usr|var)(\/|$)/.test(place) &&
    !/^\/(usr\/(local\/)?src|var\/www)\/./.test(place)
  );
}

/** Matches `*` and `?`, in time that grows with the product of the lengths; sets in brackets match any character. */
export function matchesPattern(name: string, pattern: string): boolean {
  const parts = pattern.match(/\[[^\]]*\]|./gs) ?? [];
  let reached = new Set([0]);
  const over = (from: Set<number>): Set<number> => {
    // A star may stand for nothing.
    for (const at of from) if (parts[at] === '*') from.add(at + 1);
    return from;
  };
  for (const char of name) {
    const next = new Set<number>();
    for (const at of over(reached)) {
      const part = parts[at];
      if (part === '*') next.add(at);
      else if (part === char || part === '?' || (part?.length ?? 0) > 1) next.add(at + 1);
    }
    reached = next;
  }
  return over(reached).has(parts.length);
}
