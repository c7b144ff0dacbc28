// ARG and ENV: what a file defines, what is visible where, and what a word becomes. Scoping follows BuildKit's
// dockerfile2llb/convert.go (buildMetaArgs, dispatchArg, dispatchEnv), the reading of words its shell/lex.go.
import type { Dockerfile, Instruction, Range, Stage } from './dockerfile.ts';
import { LexError, lex, UnknownValue } from './lex.ts';
import { ancestry } from './stages.ts';

/** A name and its value as ENV, LABEL and ARG write them: quotes and variables not resolved, null where there is none. */
export interface Pair {
  name: string;
  value: string | null;
  range: Range;
}

/** Build arguments by name, as `--build-arg` gives them. */
export type BuildArgs = Readonly<Record<string, string>>;

/** The variables that can be seen somewhere. */
export interface Scope {
  /** null: it has a value, but the file does not tell which. */
  values: ReadonlyMap<string, string | null>;
  /** Whether a name that is not among `values` is surely unset; a base image may bring variables of its own. */
  closed: boolean;
}

// dockerfile2llb/platform.go, defaultArgs: always there above the first FROM, with values that the file does not know.
const PLATFORM_ARGS = ['BUILD', 'TARGET'].flatMap((side) =>
  ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT'].map((part) => side + part),
);

/** What an ENV, LABEL or ARG defines, in order; nothing for other instructions. */
export function pairs(instruction: Instruction): Pair[] {
  const { keyword, words, rest } = instruction;
  if (keyword !== 'ENV' && keyword !== 'LABEL' && keyword !== 'ARG') return [];
  const first = words[0];
  if (first === undefined) return [];
  if (keyword !== 'ARG' && !first.text.includes('=')) {
    // The old form has one name and takes everything behind it.
    const blank = rest.search(/[\t\v\f\r ]/);
    const value = blank < 0 ? null : rest.slice(blank).replace(/^[\t\v\f\r ]+/, '');
    return [{ name: blank < 0 ? rest : rest.slice(0, blank), value, range: instruction.range }];
  }
  return words.map(({ text, range }) => {
    const equals = text.indexOf('=');
    return equals < 0
      ? { name: text, value: null, range }
      : { name: text.slice(0, equals), value: text.slice(equals + 1), range };
  });
}

/**
 * The word with quotes removed and variables put in. Null where it cannot be known: a variable from the base image or
 * the platform decides, a pattern is applied (`${X#y}`), or BuildKit would fail on it.
 */
export function resolve(word: string, scope: Scope, escapeToken = '\\'): string | null {
  const lookup = (name: string): string | null | undefined => {
    const value = scope.values.get(name);
    if (value === undefined) return scope.closed ? null : undefined;
    return value ?? undefined;
  };
  try {
    return lex(word, { escape: escapeToken, raw: false, lookup }).word;
  } catch (error) {
    if (error instanceof LexError || error instanceof UnknownValue) return null;
    throw error;
  }
}

/** What FROM lines see: the ARGs above the first FROM, and what BuildKit defines there. */
export function globalScope(dockerfile: Pick<Dockerfile, 'instructions' | 'escape'>, buildArgs: BuildArgs = {}): Scope {
  const values = new Map<string, string | null>();
  for (const name of [...PLATFORM_ARGS, 'TARGETSTAGE']) values.set(name, own(buildArgs, name) ?? null);
  const scope = { values, closed: true };
  for (const instruction of dockerfile.instructions) {
    if (instruction.keyword === 'FROM') break;
    if (instruction.keyword !== 'ARG') continue;
    for (const { name, value } of pairs(instruction)) {
      const given = own(buildArgs, name);
      if (given !== undefined) values.set(name, given);
      else if (value !== null) values.set(name, resolve(value, scope, dockerfile.escape));
    }
  }
  return scope;
}

/** An instruction and what it sees. The scope is alive: it holds only until the next one is asked for. */
export interface Seen {
  stage: Stage;
  instruction: Instruction;
  scope: Scope;
}

/**
 * All that leads to the end of the stage, in the order in which it is run: the instructions of the stages it is built
 * from, then its own, triggers in front of both. Each sees the ARGs and ENVs above it; global ARGs only where they are
 * declared again.
 */
export function* scopes(dockerfile: Dockerfile, stage: Stage, buildArgs: BuildArgs = {}): Generator<Seen> {
  const globals = globalScope(dockerfile, buildArgs).values;
  const values = new Map<string, string | null>([['PATH', null]]);
  const members = ancestry(dockerfile, stage);
  const scope = { values, closed: members[0]?.base.kind === 'scratch' };
  const see = (word: string): string | null => resolve(word, scope, dockerfile.escape);
  for (const member of members) {
    for (const instruction of [...member.triggers, ...member.instructions]) {
      yield { stage: member, instruction, scope };
      if (instruction.keyword === 'ENV') {
        // All of one ENV see what was there before it.
        const defined = pairs(instruction).map(({ name, value }) => [see(name), see(value ?? '')] as const);
        for (const [name, value] of defined) if (name !== null) values.set(name, value);
      } else if (instruction.keyword === 'ARG') {
        for (const { name, value } of pairs(instruction)) {
          const given = own(buildArgs, name);
          if (given !== undefined) values.set(name, given);
          else if (value !== null) values.set(name, see(value));
          else if (globals.has(name)) values.set(name, globals.get(name) ?? null);
        }
      }
    }
  }
}

/** What the instruction of the stage sees; its FROM sees what stands above the first one. */
export function scopeAt(
  dockerfile: Dockerfile,
  stage: Stage,
  instruction: Instruction,
  buildArgs: BuildArgs = {},
): Scope {
  for (const seen of scopes(dockerfile, stage, buildArgs)) {
    if (seen.instruction === instruction && seen.stage === stage) return seen.scope;
  }
  return globalScope(dockerfile, buildArgs);
}

function own(buildArgs: BuildArgs, name: string): string | undefined {
  return Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined;
}
