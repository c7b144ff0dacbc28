// Lists of patterns, of which a later one with `!` takes back what earlier ones matched: .dockerignore, COPY --exclude and
// COPY --parents. A port of moby/patternmatcher (patternmatcher.go).
import { normalize } from 'node:path/posix';
import { automaton, PatternError } from './automaton.ts';
import { glob } from './glob.ts';
import { goRegexp } from './regexp.ts';

/** Which patterns of a list, by their index, have matched a path or a directory above it. */
export type Matched = boolean[];

interface Pattern {
  text: string;
  /** With `!` in front. */
  exception: boolean;
  matches: (path: string) => boolean;
}

export class Patterns {
  private readonly patterns: Pattern[];
  private readonly inclusions: Beginnings;
  private readonly exceptions: Beginnings;

  /** @throws PatternError if a pattern is not one */
  constructor(patterns: readonly string[]) {
    const trimmed = patterns.map(trimSpace).filter((text) => text !== '');
    this.patterns = trimmed.map(toPattern);
    this.inclusions = beginnings(this.patterns.filter(({ exception }) => !exception));
    this.exceptions = beginnings(this.patterns.filter(({ exception }) => exception));
  }

  // As in MatchesUsingParentResults, a pattern that cannot change the outcome for a directory is not tried on it, and so
  // has not matched for what lies below: `*/a` and then `!b` do match `b/a`.
  /**
   * Whether the list matches a path, given what it matched of the directory above (null: that is the root).
   * @param below filled with what to hand down, if the path is a directory
   */
  match(path: string, above: Matched | null, below?: Matched): boolean {
    let matched = false;
    this.patterns.forEach(({ exception, matches }, index) => {
      const hit = above?.[index] || (exception === matched && matches(path));
      if (below) below[index] = hit;
      if (hit) matched = !exception;
    });
    return matched;
  }

  /** Whether the builder looks into a directory that is not matched, for matches below it (Walk in fsutil's filter.go). */
  mayMatchIn(directory: string): boolean {
    return mayBegin(this.inclusions, directory);
  }

  /** Whether it looks into one that is matched, for exceptions below it. */
  mayExceptIn(directory: string): boolean {
    return mayBegin(this.exceptions, directory);
  }
}

/** Patterns without stars behind the last slash; null if any of them has wildcards elsewhere. */
type Beginnings = string[] | null;

function beginnings(patterns: readonly Pattern[]): Beginnings {
  const texts = patterns.map(({ text }) => text.replace(/\/\*\*$/, '').replace(/\/\*$/, ''));
  return texts.some((text) => /[*[\]?^\\]/.test(text)) ? null : texts;
}

function mayBegin(texts: Beginnings, directory: string): boolean {
  return texts?.some((text) => `${text}/`.startsWith(`${directory}/`)) ?? true;
}

function toPattern(written: string): Pattern {
  const cleaned = clean(written);
  const exception = cleaned.startsWith('!');
  const text = exception ? cleaned.slice(1) : cleaned;
  if (text === '') throw new PatternError(written);
  // What is bad for filepath.Match is bad, even where the regular expression would do.
  glob(text);
  return { text, exception, matches: compile(text) };
}

/** What the pattern is tried as: by Pattern.compile, a name, a beginning, an end, or a regular expression. */
function compile(text: string): (path: string) => boolean {
  // Go's text/scanner leaves a byte order mark out.
  const chars = Array.from(text.replace(/^\uFEFF/, ''));
  let kind: 'exact' | 'prefix' | 'suffix' | 'regexp' = 'exact';
  let regexp = '';
  for (let at = 0, first = true; at < chars.length; first = false) {
    const char = chars[at++] ?? '';
    if (char === '*' && chars[at] === '*') {
      at += chars[at + 1] === '/' ? 2 : 1;
      const last = at === chars.length;
      regexp += last ? '.*' : '(.*/)?';
      kind = first ? 'suffix' : last && kind === 'exact' ? 'prefix' : 'regexp';
    } else if (char === '*' || char === '?') {
      regexp += char === '*' ? '[^/]*' : '[^/]';
      kind = 'regexp';
    } else if (char === '[' || char === ']') {
      regexp += char;
      kind = 'regexp';
    } else if (char === '\\') {
      regexp += char + (chars[at++] ?? '');
      kind = 'regexp';
    } else regexp += '.+()|{}$'.includes(char) ? `\\${char}` : char;
  }
  if (kind === 'exact') return (path) => path === text;
  if (kind === 'prefix') return (path) => path.startsWith(text.slice(0, -2));
  if (kind === 'suffix') return (path) => path.endsWith(text.slice(2)) || (text[2] === '/' && path === text.slice(3));
  return automaton(goRegexp(regexp));
}

/** Go's filepath.Clean. */
export function clean(path: string): string {
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

// unicode.IsSpace: JavaScript's \s has a byte order mark in it and lacks U+0085.
const SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Go's strings.TrimSpace. */
export function trimSpace(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACE.test(text.charAt(start))) start++;
  while (start < end && SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
