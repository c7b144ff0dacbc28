// Wildcards of COPY sources: Go's path/filepath.Match, which BuildKit applies to whole paths (fsutil's copy/copy.go).
import { automaton, type Class, type Instruction, literal, notSlash, PatternError } from './automaton.ts';

/** Whether a name has wildcards that are not escaped (containsWildcards in fsutil's copy/copy.go). */
export function hasWildcards(name: string): boolean {
  return /[*?[]/.test(name.replace(/\\./gs, ''));
}

/**
 * A function that tells whether a path matches. `*` and `?` stop at slashes; `[^a]` does not.
 * @throws PatternError where Go says ErrBadPattern: an open bracket, an empty class, a backslash at the end
 */
export function glob(pattern: string): (path: string) => boolean {
  const chars = Array.from(pattern);
  const program: Instruction[] = [];
  let at = 0;
  const escaped = (inClass: boolean): string => {
    if (inClass && (chars[at] === '-' || chars[at] === ']')) throw new PatternError(pattern);
    if (chars[at] === '\\') at++;
    const char = chars[at++];
    if (char === undefined) throw new PatternError(pattern);
    return char;
  };
  const classAt = (): Class => {
    const negated = chars[at] === '^';
    if (negated) at++;
    const ranges: [number, number][] = [];
    while (chars[at] !== ']' || ranges.length === 0) {
      const low = escaped(true);
      if (chars[at] === '-') at++;
      else {
        ranges.push([code(low), code(low)]);
        continue;
      }
      ranges.push([code(low), code(escaped(true))]);
    }
    at++;
    return (char) => ranges.some(([low, high]) => low <= char && char <= high) !== negated;
  };
  while (at < chars.length) {
    const char = chars[at];
    if (char === '*' || char === '?' || char === '[') {
      at++;
      program.push({ op: char === '*' ? 'many' : 'one', is: char === '[' ? classAt() : notSlash });
    } else program.push(literal(escaped(false)));
  }
  return automaton(program);
}

const code = (char: string): number => char.codePointAt(0) ?? 0;
