// What COPY, ADD and RUN --mount read and where they put it, as it is written. No variables, no file system.
import type { Flag, Instruction, Range, Word } from './dockerfile.ts';
import { heredocWord } from './split.ts';

/** A COPY or ADD: what it takes (heredocs left out) and where to. Words as written, variables not resolved. */
export interface Copied {
  sources: Word[];
  destination: Word;
}

/** One `--mount` of a RUN; `source` and `target` as written. */
export interface Mount {
  type: string;
  from: string | null;
  source: string | null;
  target: string | null;
  range: Range;
}

/** The flag of that name, the first one if there are several, or null. */
export function findFlag({ flags }: Instruction, name: string): Flag | null {
  return flags.find((flag) => flag.name === name) ?? null;
}

/** The value of the flag, '' where it has none (`--link`), null where it is absent. */
export function flagValue(instruction: Instruction, name: string): string | null {
  const flag = findFlag(instruction, name);
  return flag && (flag.value ?? '');
}

/** What a COPY or ADD takes and where to; null for other instructions and where the destination is missing. */
export function copied(instruction: Instruction): Copied | null {
  const { keyword, words } = instruction;
  const destination = words.at(-1);
  if ((keyword !== 'COPY' && keyword !== 'ADD') || destination === undefined || words.length < 2) return null;
  return { sources: words.slice(0, -1).filter(({ text }) => heredocWord(text) === null), destination };
}

/** The URLs and Git repositories that an ADD fetches, as written. */
export function addedUrls(instruction: Instruction): string[] {
  if (instruction.keyword !== 'ADD') return [];
  const sources = (copied(instruction)?.sources ?? []).map(({ text }) => text.replace(/^(["'])(.*)\1$/s, '$2'));
  return sources.filter((source) => /^(https?|ssh|git):\/\/|^git@/.test(source));
}

/** The mounts of a RUN, in order (instructions/commands_runmount.go: comma separated, quotes as in CSV). */
export function mounts(instruction: Instruction): Mount[] {
  if (instruction.keyword !== 'RUN') return [];
  return instruction.flags
    .filter(({ name }) => name === 'mount')
    .map(({ value, range }) => {
      const options = new Map<string, string>();
      for (const [field] of (value ?? '').matchAll(/"(?:[^"]|"")*"|[^,]+/g)) {
        const text = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
        const equals = text.indexOf('=');
        if (equals >= 0) options.set(text.slice(0, equals).toLowerCase(), text.slice(equals + 1));
      }
      const option = (...names: string[]): string | null =>
        names.map((name) => options.get(name)).find((found) => found !== undefined) ?? null;
      return {
        type: option('type')?.toLowerCase() ?? 'bind',
        from: option('from'),
        source: option('source', 'src'),
        target: option('target', 'dst', 'destination'),
        range,
      };
    });
}
