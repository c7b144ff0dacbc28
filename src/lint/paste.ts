// Instructions as lines to paste into a Dockerfile.
import type { ShellCommand } from '../dockerfile/commands.ts';
import type { Instruction } from '../dockerfile/dockerfile.ts';

const LONGEST = 160;

/**
 * The instruction on one line. Where that would be long, or change what is in quotes or heredocs, a comment instead that
 * tells which lines are meant.
 */
export function asLine({ keyword, text, range: { start, end } }: Instruction): string {
  const joins = text.length <= LONGEST && !/["'`\\<]/.test(text);
  return start.line === end.line || joins ? text : `# lines ${start.line}–${end.line}, as they are: ${keyword} …`;
}

/** What follows the flags, on one line; an ellipsis where asLine() cannot write the instruction on one. */
export function restAsLine(instruction: Instruction): string {
  const { rest, range } = instruction;
  if (range.start.line === range.end.line) return rest;
  return asLine(instruction).startsWith('#') ? '…' : rest.replace(/\s+/g, ' ');
}

/** The flags as they are written in front of arguments, with a space behind; those that `keep` refuses are left out. */
export function flagsOf({ flags }: Instruction, keep: (name: string) => boolean = () => true): string {
  return flags
    .filter(({ name }) => keep(name))
    .map(({ name, value }) => `--${name}${value === null ? '' : `=${value}`} `)
    .join('');
}

/** Whether the RUN is nothing but these commands, each behind the one before it: `a && b`. */
export function isChain(run: Instruction, commands: readonly ShellCommand[]): boolean {
  const chain = commands.map(({ text }) => text.replace(/\s+/g, ' ')).join(' && ');
  return chain === run.rest.replace(/\s+/g, ' ') && run.heredocs.length === 0 && run.json === null;
}

/**
 * A RUN in two: up to and with the command, and what follows, each in the directory it was in. Commands that run `twice`
 * are given their options in the first half, and begin the second as they are. Null where the RUN is more than a chain
 * of `&&`, which cannot be cut without knowing what it means.
 */
export function splitRun(
  run: Instruction,
  commands: readonly ShellCommand[],
  last: ShellCommand,
  twice: readonly { command: ShellCommand; apart: string }[],
): [string, string] | null {
  if (!isChain(run, commands)) return null;
  const texts = commands.map(({ text }) => text.replace(/\s+/g, ' '));
  const cut = commands.indexOf(last) + 1;
  const moves = texts.slice(0, cut).filter((_, index) => commands[index]?.words[0] === 'cd');
  const options = (at: number): string => twice.find(({ command }) => command === commands[at])?.apart ?? '';
  const above = texts.slice(0, cut).map((text, at) => `${text} ${options(at)}`.trim());
  const again = texts.slice(0, cut).filter((_, at) => options(at) !== '');
  const line = (parts: string[]): string => `RUN ${flagsOf(run)}${parts.join(' && ')}`;
  return [line(above), line([...moves, ...again, ...texts.slice(cut)])];
}
