// Runs a compiled pattern over a path in time that grows with the product of their lengths, whatever the pattern: Go's
// regexp does, JavaScript's does not, and patterns are a stranger's.

/** A pattern that Go does not take; the build fails on it. */
export class PatternError extends Error {
  constructor(pattern: string, reason = 'syntax error in pattern') {
    super(`${reason} ${JSON.stringify(pattern)}`);
  }
}

/** Whether a code point belongs to a class. */
export type Class = (code: number) => boolean;

export type Instruction =
  /** One character. It has `literal` where no path can match without it. */
  | { op: 'one'; is: Class; literal?: string }
  /** As many as there are, or none. */
  | { op: 'many'; is: Class }
  /** The next `over` instructions may be left out. */
  | { op: 'maybe'; over: number }
  /** No character, but a place; `before` and `after` are -1 at the ends of the path. */
  | { op: 'place'; is: (before: number, after: number) => boolean };

export function literal(char: string): Instruction {
  return { op: 'one', is: only(char), literal: char };
}

/** The class of one character. */
export function only(char: string): Class {
  const code = char.codePointAt(0);
  return (other) => other === code;
}

export const notSlash: Class = (code) => code !== 0x2f;

/** A function that tells whether the whole of a path matches. */
export function automaton(program: readonly Instruction[]): (path: string) => boolean {
  // Most patterns begin or end with characters that most paths do not.
  const fixed = program.map((instruction) => (instruction.op === 'one' ? instruction.literal : undefined));
  const head = fixed.slice(0, fixed.concat(undefined).indexOf(undefined)).join('');
  const tail = fixed.slice(fixed.lastIndexOf(undefined) + 1).join('');
  return (path) => path.startsWith(head) && path.endsWith(tail) && run(program, path);
}

function run(program: readonly Instruction[], path: string): boolean {
  const codes = Array.from(path, (char) => char.codePointAt(0) ?? 0);
  const reachedAt = new Int32Array(program.length + 1).fill(-1);
  let current: number[] = [];
  /** Adds the state, and those that are reached from it without reading a character. */
  const enter = (into: number[], first: number, at: number): void => {
    const pending = [first];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      if (reachedAt[state] === at) continue;
      reachedAt[state] = at;
      const instruction = program[state];
      if (instruction === undefined) continue;
      if (instruction.op === 'one') into.push(state);
      else if (instruction.op === 'many') {
        into.push(state);
        pending.push(state + 1);
      } else if (instruction.op === 'maybe') pending.push(state + 1, state + 1 + instruction.over);
      else if (instruction.is(codes[at - 1] ?? -1, codes[at] ?? -1)) pending.push(state + 1);
    }
  };
  enter(current, 0, 0);
  for (const [at, code] of codes.entries()) {
    const next: number[] = [];
    for (const state of current) {
      const instruction = program[state];
      if (instruction?.op === 'one' && instruction.is(code)) enter(next, state + 1, at + 1);
      if (instruction?.op === 'many' && instruction.is(code)) enter(next, state, at + 1);
    }
    current = next;
  }
  return reachedAt[program.length] === codes.length;
}
