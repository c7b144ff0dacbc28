// .dockerignore: text → patterns, as moby/patternmatcher's ignorefile/ignorefile.go reads it.
import { PatternError } from './automaton.ts';
import { clean, trimSpace } from './pattern.ts';

// bufio.MaxScanTokenSize, the newline included.
const LONGEST_LINE = 65536;

/**
 * The patterns in order, `!` in front of exceptions.
 * @throws PatternError if a line is too long for BuildKit
 */
export function ignorePatterns(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const long = lines.find((line) => Buffer.byteLength(line) >= LONGEST_LINE);
  if (long !== undefined) throw new PatternError(`${long.slice(0, 20)}…`, 'line is too long:');
  return lines
    .filter((line) => !line.startsWith('#'))
    .map(trimSpace)
    .filter((line) => line !== '')
    .map((line) => (line.startsWith('!') ? `!${rooted(trimSpace(line.slice(1)))}` : rooted(line)));
}

/** Relative to the root, which a leading slash means as well. */
function rooted(pattern: string): string {
  if (pattern === '') return '';
  const cleaned = clean(pattern);
  return cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned;
}
