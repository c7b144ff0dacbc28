// What BuildKit rejects in a single instruction, in its own words and order: parser/line_parsers.go first, then
// instructions/parse.go and bflag.go. Files, images and shells are not its business.
import { nearest } from '../nearest.ts';
import type { Flag, Instruction, Keyword, Range, SyntaxProblem } from './dockerfile.ts';
import { KEYWORDS } from './dockerfile.ts';
import { findFlag, mounts } from './files.ts';
import { skipSpace } from './lines.ts';
import { healthcheck, heredocWord, jsonArray } from './split.ts';
import { pairs } from './variables.ts';

type FlagKind = 'boolean' | 'string' | 'strings';

// instructions/parse.go and commands_run*.go. ARG and STOPSIGNAL are not here: BuildKit drops their flags unread.
const FLAGS: Partial<Record<Keyword, Record<string, FlagKind>>> = {
  ADD: {
    chown: 'string',
    chmod: 'string',
    link: 'boolean',
    'keep-git-dir': 'boolean',
    checksum: 'string',
    unpack: 'boolean',
    exclude: 'strings',
  },
  CMD: {},
  COPY: { chown: 'string', from: 'string', chmod: 'string', link: 'boolean', exclude: 'strings', parents: 'boolean' },
  ENTRYPOINT: {},
  ENV: {},
  EXPOSE: {},
  FROM: { platform: 'string' },
  HEALTHCHECK: {
    interval: 'string',
    timeout: 'string',
    'start-period': 'string',
    'start-interval': 'string',
    retries: 'string',
  },
  LABEL: {},
  MAINTAINER: {},
  ONBUILD: {},
  RUN: { mount: 'strings', network: 'string', security: 'string', device: 'strings' },
  SHELL: {},
  USER: {},
  VOLUME: {},
  WORKDIR: {},
};

/** The first thing that BuildKit rejects in the instruction, or null. What lies behind ONBUILD is only split by it. */
export function checkInstruction(instruction: Instruction): SyntaxProblem | null {
  return checkSplit(instruction) ?? checkArguments(instruction);
}

/** The problem of a line whose first word is no instruction. `above` is the instruction above, if any. */
export function unknownInstruction(keyword: string, range: Range, above: Instruction | null): SyntaxProblem {
  const message = suggest(`unknown instruction: ${keyword}`, keyword.toLowerCase(), KEYWORDS, (name) =>
    keyword === keyword.toUpperCase() ? name : name.toLowerCase(),
  );
  return { message, hint: unknownHint(keyword, message, above), range };
}

function unknownHint(keyword: string, message: string, above: Instruction | null): string | null {
  if (keyword.startsWith('//')) return SLASHES;
  if (message.includes('did you mean')) return null;
  if (above !== null && /(&&|\|\||[|;,])$/.test(above.text)) {
    return `If this line continues the ${above.keyword} on line ${above.range.start.line}, end every line of it but the last with a backslash.`;
  }
  return 'Every line begins with an instruction such as RUN or COPY; only behind a line that ends in a backslash it does not.';
}

const SLASHES = '`//` starts no comment in a Dockerfile; put a line starting with `#` above.';
const HASH = '`#` starts a comment only at the beginning of a line; put the comment on a line of its own above.';

/** The hint for the classic mistake, if the arguments hold a comment that Dockerfiles do not have. */
function commentHint({ keyword, words }: Instruction): string | null {
  // A shell has comments and paths of its own.
  if (['CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'RUN'].includes(keyword)) return null;
  const comment = words.slice(1).find(({ text }) => text.startsWith('//') || text.startsWith('#'));
  if (comment === undefined) return null;
  return comment.text.startsWith('#') ? HASH : SLASHES;
}

function problem(message: string, instruction: Instruction, hint: string | null = null, range?: Range): SyntaxProblem {
  return { message, hint: commentHint(instruction) ?? hint, range: range ?? instruction.range };
}

function checkSplit(instruction: Instruction): SyntaxProblem | null {
  const { keyword, words, rest, trigger } = instruction;
  if (trigger !== null) return checkSplit(trigger);
  const [first] = words;
  if ((keyword === 'ENV' || keyword === 'LABEL') && first !== undefined) {
    if (!first.text.includes('=')) {
      return /[\t\v\f\r ]/.test(rest) ? null : problem(`${keyword} must have two arguments`, instruction);
    }
    const odd = words.find(({ text }) => !text.includes('='));
    if (odd === undefined) return null;
    const quoted = JSON.stringify(odd.text);
    const hint = 'Put quotes around a value that contains spaces.';
    const message = `Syntax error - can't find = in ${quoted}. Must be of the form: name=value`;
    return problem(message, instruction, hint, odd.range);
  }
  const array = takesJson(keyword) ? jsonArray(keyword === 'HEALTHCHECK' ? healthcheck(rest).command : rest) : null;
  if (array?.every((member) => typeof member === 'string') ?? true) return null;
  return problem('when using JSON array syntax, arrays must be comprised of strings only', instruction);
}

function takesJson(keyword: Keyword): boolean {
  return ['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'HEALTHCHECK', 'RUN', 'SHELL', 'VOLUME'].includes(keyword);
}

function checkArguments(instruction: Instruction): SyntaxProblem | null {
  switch (instruction.keyword) {
    case 'FROM':
      return checkFrom(instruction) ?? checkFlags(instruction);
    case 'ADD':
    case 'COPY':
      return checkCopy(instruction);
    case 'RUN':
      return checkFlags(instruction) ?? checkRun(instruction);
    case 'ENV':
    case 'LABEL':
      return checkFlags(instruction) ?? checkPairs(instruction);
    case 'ARG':
      return checkPairs(instruction);
    case 'EXPOSE':
      return atLeastOne(instruction) ?? checkFlags(instruction);
    case 'VOLUME':
      return atLeastOne(instruction) ?? checkFlags(instruction) ?? checkVolume(instruction);
    case 'MAINTAINER':
    case 'USER':
    case 'WORKDIR':
      return exactlyOne(instruction) ?? checkFlags(instruction);
    case 'STOPSIGNAL':
      return exactlyOne(instruction);
    case 'ONBUILD':
      return atLeastOne(instruction) ?? checkFlags(instruction) ?? checkTrigger(instruction);
    case 'HEALTHCHECK':
      return checkHealth(instruction);
    case 'SHELL':
      return checkFlags(instruction) ?? atLeastOne(instruction) ?? checkShell(instruction);
    case 'CMD':
    case 'ENTRYPOINT':
      return checkFlags(instruction);
  }
}

function atLeastOne(instruction: Instruction): SyntaxProblem | null {
  if (instruction.words.length > 0) return null;
  return problem(`${instruction.keyword} requires at least one argument`, instruction);
}

function exactlyOne(instruction: Instruction): SyntaxProblem | null {
  if (instruction.words.length === 1) return null;
  return problem(`${instruction.keyword} requires exactly one argument`, instruction);
}

function checkFrom(instruction: Instruction): SyntaxProblem | null {
  const [base, as, name, ...others] = instruction.words;
  if (as?.text.toLowerCase() === 'as' && name !== undefined && others.length === 0) {
    const { text, range } = name;
    if (/^[a-z][a-z0-9-_.]*$/.test(text.toLowerCase())) return null;
    const message = `invalid name for build stage: ${JSON.stringify(text)}, name can't start with a number or contain symbols`;
    return problem(message, instruction, null, range);
  }
  if (base !== undefined && as === undefined) return null;
  const end = instruction.words.at(-1)?.range.end;
  const extra = as && end ? { start: as.range.start, end } : instruction.range;
  const hint = 'Write `FROM image` or `FROM image AS name`.';
  return problem('FROM requires either one or three arguments', instruction, hint, extra);
}

function checkCopy(instruction: Instruction): SyntaxProblem | null {
  const { keyword, words } = instruction;
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2) {
    const message = `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`;
    return problem(message, instruction, `Write \`${keyword} source destination\`.`);
  }
  const flags = checkFlags(instruction);
  if (flags !== null) return flags;
  if (heredocWord(destination.text) === null) return null;
  return problem(`${keyword} cannot accept a heredoc as a destination`, instruction, null, destination.range);
}

function checkRun(instruction: Instruction): SyntaxProblem | null {
  for (const { from, range } of mounts(instruction)) {
    // A `$` at the very end is none of a variable.
    if (from === null || !from.slice(0, -1).includes('$')) continue;
    return problem("'from' doesn't support variable expansion, define alias stage instead", instruction, null, range);
  }
  const network = findFlag(instruction, 'network');
  if (network && !['default', 'none', 'host'].includes(network.value ?? '')) {
    const hint = 'Write default, none or host.';
    return problem(`invalid network mode ${JSON.stringify(network.value)}`, instruction, hint, network.range);
  }
  const security = findFlag(instruction, 'security');
  if (security && !['insecure', 'sandbox'].includes(security.value ?? '')) {
    const hint = 'Write sandbox or insecure.';
    return problem(`security ${JSON.stringify(security.value)} is not valid`, instruction, hint, security.range);
  }
  return null;
}

function checkPairs(instruction: Instruction): SyntaxProblem | null {
  const blank = pairs(instruction).find(({ name }) => name === '');
  if (blank === undefined) return atLeastOne(instruction);
  return problem(`${instruction.keyword} names can not be blank`, instruction, null, blank.range);
}

function checkVolume(instruction: Instruction): SyntaxProblem | null {
  if (instruction.words.every(({ text }) => skipSpace(text, 0) < text.length)) return null;
  return problem('VOLUME specified can not be an empty string', instruction);
}

function checkTrigger(instruction: Instruction): SyntaxProblem | null {
  const name = instruction.words[0]?.text.toUpperCase();
  if (name === 'ONBUILD') return problem("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", instruction);
  if (name !== 'MAINTAINER' && name !== 'FROM') return null;
  return problem(`${name} isn't allowed as an ONBUILD trigger`, instruction);
}

function checkShell(instruction: Instruction): SyntaxProblem | null {
  if (instruction.json !== null) return null;
  const hint = 'Write `SHELL ["/bin/bash", "-c"]`.';
  return problem('SHELL requires the arguments to be in JSON form', instruction, hint);
}

function checkHealth(instruction: Instruction): SyntaxProblem | null {
  const { words, rest, json } = instruction;
  if (words.length === 0) return atLeastOne(instruction);
  const { type, command } = healthcheck(rest);
  if (type === 'NONE') {
    const empty = json === null ? command === '' : json.length === 0;
    return empty ? null : problem('HEALTHCHECK NONE takes no arguments', instruction);
  }
  const wrongFlag = checkFlags(instruction);
  if (wrongFlag !== null) return wrongFlag;
  if (type !== 'CMD') return problem(`Unknown type ${JSON.stringify(type)} in HEALTHCHECK (try CMD)`, instruction);
  if (json === null ? command === '' : json.length === 0) {
    return problem('Missing command after HEALTHCHECK CMD', instruction);
  }
  // In BuildKit's order, not in the line's.
  for (const name of ['interval', 'timeout', 'start-period', 'start-interval', 'retries']) {
    const flag = findFlag(instruction, name);
    if (!flag?.value) continue;
    const message = name === 'retries' ? wrongRetries(flag.value) : wrongInterval(name, flag.value);
    if (message !== null) return problem(message, instruction, null, flag.range);
  }
  return null;
}

function wrongRetries(value: string): string | null {
  if (!/^[+-]?\d+$/.test(value)) return `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`;
  const number = Number(value);
  if (number > 2 ** 31 - 1 || number < -(2 ** 31)) {
    return `strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`;
  }
  return number < 0 ? `--retries cannot be negative (${number})` : null;
}

const SECONDS: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, μs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Go's time.ParseDuration, and BuildKit's floor of a millisecond. */
function wrongInterval(flag: string, value: string): string | null {
  const unsigned = value.replace(/^[+-]/, '');
  if (unsigned === '0') return null;
  const quoted = JSON.stringify(value);
  let seconds = 0;
  let at = 0;
  const part = /(\d+\.?\d*|\.\d+)([^\d.]*)/y;
  while (at < unsigned.length || at === 0) {
    part.lastIndex = at;
    const [, number, name = ''] = part.exec(unsigned) ?? [];
    if (number === undefined) return `time: invalid duration ${quoted}`;
    if (name === '') return `time: missing unit in duration ${quoted}`;
    const unit = Object.hasOwn(SECONDS, name) ? SECONDS[name] : undefined;
    if (unit === undefined) return `time: unknown unit ${JSON.stringify(name)} in duration ${quoted}`;
    seconds += Number(number) * unit;
    at = part.lastIndex;
  }
  if (value.startsWith('-')) seconds = -seconds;
  if (seconds === 0 || seconds >= 1e-3) return null;
  return `Interval ${JSON.stringify(flag)} cannot be less than 1ms`;
}

function checkFlags(instruction: Instruction): SyntaxProblem | null {
  const legal = FLAGS[instruction.keyword] ?? {};
  const used = new Set<string>();
  for (const flag of instruction.flags) {
    const message = wrongFlag(flag, legal, used);
    if (message === null) continue;
    const names = Object.keys(legal).map((name) => `--${name}`);
    const hint =
      names.length > 0 ? `${instruction.keyword} takes ${names.join(', ')}.` : `${instruction.keyword} takes no flags.`;
    return problem(message, instruction, message.startsWith('unknown') ? hint : null, flag.range);
  }
  return null;
}

function wrongFlag({ name, value }: Flag, legal: Record<string, FlagKind>, used: Set<string>): string | null {
  const kind = Object.hasOwn(legal, name) ? legal[name] : undefined;
  if (kind === undefined) return suggest(`unknown flag: --${name}`, name, Object.keys(legal), (option) => option);
  if (used.has(name) && kind !== 'strings') return `duplicate flag specified: --${name}`;
  used.add(name);
  if (kind === 'boolean' ? value === '' : value === null) return `missing a value on flag: --${name}`;
  if (kind !== 'boolean' || ['true', 'false', undefined].includes(value?.toLowerCase())) return null;
  return `expecting boolean value for flag --${name}, not: ${value}`;
}

/** BuildKit's util/suggest: names the nearest option. Of equals it takes any, we the likelier. */
function suggest(
  message: string,
  value: string,
  options: readonly string[],
  display: (option: string) => string,
): string {
  const best = nearest(value, options);
  return best === null || best.toLowerCase() === value ? message : `${message} (did you mean ${display(best)}?)`;
}
