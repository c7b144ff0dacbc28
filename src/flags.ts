// The words of the command line → command, inputs and files. Pure.

import { parseArgs } from 'node:util';
import { INPUTS, type InputName, type Inputs, type Problem, readInputs } from './inputs.ts';
import { nearest } from './nearest.ts';

export const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
export type Format = (typeof FORMATS)[number];

export const COMMANDS = {
  build: {
    takes: '[CONTEXT]',
    help: 'Lint the Dockerfile, build it, say what was reused, and run the image once.',
    formats: FORMATS,
  },
  lint: {
    takes: '[PATH…]',
    help: 'Look for an order of Dockerfiles that wastes the cache. PATH: a file, a directory, or - for standard input.',
    formats: FORMATS,
  },
  explain: {
    takes: 'OLD NEW',
    help: 'Compare two builds by their JSON reports: what was reused, and why the rest was not.',
    formats: ['text', 'json', 'github'],
  },
  smoke: { takes: 'IMAGE', help: 'Run an image and say whether it works.', formats: ['text', 'json', 'github'] },
} as const;
export type Command = keyof typeof COMMANDS;

export interface Invocation {
  command: Command | 'help' | 'version';
  inputs: Inputs;
  format: Format;
  /** What stands behind the command: the context of `build`, paths of `lint`, reports of `explain`, the image of `smoke`. */
  operands: string[];
  problems: Problem[];
}

/** Docker's names of a flag → the input they set. */
const ALIASES = new Map<string, InputName>(
  Object.entries(INPUTS).flatMap(([name, spec]) =>
    ('aliases' in spec ? spec.aliases : []).map((alias) => [alias, name as InputName] as const),
  ),
);

/** Reads the arguments behind the program's name; everything wrong with them is in `problems`. */
export function readArguments(argv: string[]): Invocation {
  const problems: Problem[] = [];
  const wrong = (message: string) => problems.push({ kind: 'usage', message, file: null });
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }> = {
    format: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
  };
  for (const name of [...Object.keys(INPUTS), ...ALIASES.keys()]) {
    const input = ALIASES.get(name) ?? (name as InputName);
    const type = INPUTS[input].kind === 'boolean' ? 'boolean' : 'string';
    if (name.length > 1) options[name] = { type, multiple: true };
    const short = [...ALIASES].find(([alias, target]) => alias.length === 1 && target === name)?.[0];
    if (short) options[name] = { type, multiple: true, short };
  }
  const { tokens } = parseArgs({ args: argv, options, strict: false, allowPositionals: true, tokens: true });
  const texts = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options[token.name];
    if (!option) wrong(`${token.rawName} is no flag.${suggestion(token.name, Object.keys(options), '--')}`);
    else if (option.type === 'string' && token.value === undefined) wrong(`${token.rawName} needs a value.`);
    else {
      const name = ALIASES.get(token.name) ?? token.name;
      texts.set(name, [...(texts.get(name) ?? []), token.value ?? 'true']);
    }
  }
  const command = operands.shift();
  const format = texts.get('format')?.at(-1) ?? 'text';
  const formats: readonly string[] = isCommand(command) ? COMMANDS[command].formats : FORMATS;
  if (!formats.includes(format)) wrong(`--format: "${format}" is not one of ${formats.join(', ')}.`);
  // A list is given by repeating its flag; of anything else the last one counts, as everywhere.
  const raw = (name: InputName) => {
    const given = texts.get(name);
    return (['list', 'lines'].includes(INPUTS[name].kind) ? given?.join('\n') : given?.at(-1)) ?? null;
  };
  const read = readInputs(raw);
  const result = { ...read, operands, format: isFormat(format) ? format : 'text', problems } as const;
  if (texts.has('version')) return { ...result, command: 'version', problems: [] };
  if (texts.has('help') || command === 'help') return { ...result, command: 'help', problems: [] };
  problems.push(...read.problems);
  if (command === 'build' && operands.length > 1)
    wrong(`build takes one context, not ${operands.length}: ${operands.join(' ')}.`);
  if (command === 'explain' && operands.length !== 2)
    wrong(`explain takes two JSON reports, the old one and the new one, not ${operands.length}.`);
  if (command === 'build' && operands[0] !== undefined) read.inputs.context = operands[0];
  if (command === 'smoke' && operands.length !== 1) {
    wrong(
      `smoke takes one image, not ${operands.length === 0 ? 'none' : `${operands.length}: ${operands.join(' ')}`}.`,
    );
  }
  if (isCommand(command)) return { ...result, command };
  const names = Object.keys(COMMANDS);
  wrong(
    command === undefined
      ? `Which command? One of ${names.join(', ')}.`
      : `${command} is no command; there are ${names.join(', ')}.${suggestion(command, names)}`,
  );
  return { ...result, command: 'help' };
}

/** The help text, made from the table of inputs. */
export function helpText(): string {
  const commands = Object.entries(COMMANDS).map(
    ([name, { takes, help }]) => `  ${`${name} ${takes}`.padEnd(18)}${help}`,
  );
  const flags = Object.entries(INPUTS).map(([name, spec]) => {
    const other =
      'aliases' in spec ? spec.aliases.map((alias) => (alias.length === 1 ? `-${alias}` : `--${alias}`)) : [];
    const preset = spec.default === '' || spec.kind === 'boolean' ? '' : ` [${spec.default}]`;
    return `  ${[`--${name}`, ...other].join(', ').padEnd(36)}${spec.help}${preset}`;
  });
  return [
    'Usage: cached-docker-build COMMAND [FLAGS]',
    '',
    ...commands,
    '',
    'Flags (each is an input of the action as well):',
    ...flags,
    `  ${'--format'.padEnd(36)}How the report is printed: ${FORMATS.join(', ')}. [text]`,
    '',
    'Exit code: 0 fine, 1 the job failed, 2 wrong usage.',
  ].join('\n');
}

function isCommand(text: string | undefined): text is Command {
  return text !== undefined && Object.hasOwn(COMMANDS, text);
}

function isFormat(text: string): text is Format {
  return (FORMATS as readonly string[]).includes(text);
}

function suggestion(word: string, names: string[], prefix = ''): string {
  const near = nearest(word, names) ?? names.find((name) => name.startsWith(word) || word.startsWith(name));
  return near === undefined ? '' : ` Did you mean ${prefix}${near}?`;
}
