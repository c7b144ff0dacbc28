// Changes of a Dockerfile as text edits: an instruction goes with all of its lines and the comments directly above it.
// What may change without harm is not known here.
import type { Dockerfile, Instruction, Range } from '../dockerfile/dockerfile.ts';
import type { Edit, Fix } from './finding.ts';
import { remembering } from './steps.ts';

/** Where lines are put: directly above an instruction and its comments, or directly below it. */
export type Place = { above: Instruction } | { below: Instruction };

/** An edit, or several; null where the file cannot be cut there. */
type Part = Edit | readonly Edit[] | null;

/** The fix that these parts make together; undefined if one of them cannot be had. */
export function fix(description: string, ...parts: readonly Part[]): Fix | undefined {
  if (parts.includes(null)) return undefined;
  const edits = parts.flatMap((part) => part ?? []).filter(({ text, ...place }) => text !== '' || !isNowhere(place));
  // What is put in stands in front of what is taken away at the same place.
  edits.sort((a, b) => a.line - b.line || a.column - b.column || a.endLine - b.endLine || a.endColumn - b.endColumn);
  return { description, edits };
}

function isNowhere({ line, column, endLine, endColumn }: Omit<Edit, 'text'>): boolean {
  return line === endLine && column === endColumn;
}

/** Other text for a range. */
export function replace({ start, end }: Range, text: string): Edit {
  return { line: start.line, column: start.column, endLine: end.line, endColumn: end.column, text };
}

/** New lines, each without its end. */
export function insert(dockerfile: Dockerfile, place: Place, added: readonly string[]): Edit | null {
  const lines = linesOf(dockerfile);
  const line = 'above' in place ? block(place.above).first : block(place.below).last + 1;
  const isEnd = line > lines.length;
  if ('below' in place && isOpen(dockerfile, place.below)) return null;
  if (isEnd) {
    const end = { line: line - 1, column: (lines.at(-1)?.length ?? 0) + 1 };
    return replace({ start: end, end }, added.map((text) => `\n${text}`).join(''));
  }
  const start = { line, column: 1 };
  return replace({ start, end: start }, added.map((text) => `${text}\n`).join(''));
}

/** The instruction goes; of the empty lines around it one goes along. */
export function remove(dockerfile: Dockerfile, instruction: Instruction): Edit | null {
  if (isOpen(dockerfile, instruction)) return null;
  const lines = linesOf(dockerfile);
  const { first, last } = block(instruction);
  const isEmpty = (line: number): boolean => lines[line - 1]?.trim() === '';
  const start = { line: first, column: 1 };
  // The last line of a file that does not end in a line end: the one in front of it goes instead.
  if (last === lines.length) {
    const before = { line: first - 1, column: (lines[first - 2]?.length ?? 0) + 1 };
    const end = { line: last, column: (lines[last - 1]?.length ?? 0) + 1 };
    return replace({ start: first > 1 ? before : start, end }, '');
  }
  const between = last + 1 < lines.length && isEmpty(first - 1) && isEmpty(last + 1);
  return replace({ start, end: { line: last + (between ? 2 : 1), column: 1 } }, '');
}

/** Other lines in place of the instruction and its comments. */
export function exchange(dockerfile: Dockerfile, instruction: Instruction, added: readonly string[]): Edit | null {
  if (isOpen(dockerfile, instruction)) return null;
  const { first, last } = block(instruction);
  const end = { line: last, column: (linesOf(dockerfile)[last - 1]?.length ?? 0) + 1 };
  return replace({ start: { line: first, column: 1 }, end }, added.join('\n'));
}

/** The instructions go to another place, in the order in which they are given. */
export function move(dockerfile: Dockerfile, moving: readonly Instruction[], place: Place): readonly Edit[] | null {
  const added = insert(
    dockerfile,
    place,
    moving.flatMap((instruction) => linesWith(dockerfile, instruction)),
  );
  const parts = [added, ...moving.map((instruction) => remove(dockerfile, instruction))];
  return parts.includes(null) ? null : parts.filter((part) => part !== null);
}

/** The lines of the instruction and of its comments. */
export function linesWith(dockerfile: Dockerfile, instruction: Instruction): string[] {
  const { first, last } = block(instruction);
  return linesOf(dockerfile).slice(first - 1, last);
}

/** A line of the file, counted from 1, without its end. */
export function lineAt(dockerfile: Dockerfile, line: number): string {
  return linesOf(dockerfile)[line - 1] ?? '';
}

const BYTE_ORDER_MARK = /^\ufeff/;

const linesOf = remembering(({ text }: Dockerfile): readonly string[] =>
  text
    .replace(BYTE_ORDER_MARK, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, '')),
);

function block({ comments, range }: Instruction): { first: number; last: number } {
  return { first: comments[0]?.range.start.line ?? range.start.line, last: range.end.line };
}

/** Whether it goes on at the end of the file: what stood below it then would become part of it. */
function isOpen(dockerfile: Dockerfile, { heredocs, range }: Instruction): boolean {
  const last = lineAt(dockerfile, range.end.line).trim();
  return heredocs.length === 0 && (last === '' || last.startsWith('#') || last.endsWith(dockerfile.escape));
}

/**
 * Whether the text can be cut and put together without a loss: no control characters, and one kind of line end, since a
 * moved line takes that of the file and a heredoc may mean its own.
 */
export function isPlain(text: string): boolean {
  const unix = text.replaceAll('\r\n', '\n');
  const mixed = unix !== text && /(^|[^\r])\n/.test(text);
  return !mixed && !/[^\P{Cc}\n\t]/u.test(unix);
}

/**
 * The text with the edits made. A byte order mark and the kind of line ends stay.
 * @param edits in any order; they must not overlap
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const body = text.replace(BYTE_ORDER_MARK, '');
  const end = body.includes('\r\n') ? '\r\n' : '\n';
  const starts = [0];
  for (let at = body.indexOf('\n'); at >= 0; at = body.indexOf('\n', at + 1)) starts.push(at + 1);
  const offset = (line: number, column: number): number => (starts[line - 1] ?? body.length) + column - 1;
  let result = text.slice(0, text.length - body.length);
  let done = 0;
  const inOrder = edits.toSorted((a, b) => a.line - b.line || a.column - b.column || a.endLine - b.endLine);
  for (const edit of inOrder) {
    result += body.slice(done, offset(edit.line, edit.column)) + edit.text.replaceAll('\n', end);
    done = offset(edit.endLine, edit.endColumn);
  }
  return result + body.slice(done);
}
