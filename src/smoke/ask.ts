// What a user may ask of the smoke test: the texts of the smoke inputs → typed, or all that is wrong with them. Pure.

import type { Inputs, Problem } from '../inputs.ts';
import { splitWords } from './words.ts';

/** What must be found in a text: the text itself, or a match of a regular expression. */
export interface Pattern {
  /** As the user wrote it. */
  written: string;
  /** Source and flags of a JavaScript regular expression. */
  source: string;
  flags: string;
}

/** One line of smoke-http. */
export interface HttpWish {
  written: string;
  /** null: the one TCP port that the image EXPOSEs. */
  port: number | null;
  path: string;
  /** `200`, or `2xx` for a class; null: any below 400. */
  status: string | null;
  body: Pattern | null;
}

export interface Wishes {
  /** Arguments in place of the image's CMD; null: the CMD. */
  command: string[] | null;
  exitCode: number | null;
  ports: number[];
  http: HttpWish[];
  logs: Pattern[];
  /** Seconds. */
  timeout: number;
  settle: number;
  /** NAME=VALUE, or NAME alone. */
  env: string[];
  /** Further options of `docker run`. */
  options: string[];
  platform: string;
}

/** The wishes in the inputs. Where one is wrong, what it holds is of no use, and a problem says so. */
export function readWishes(inputs: Inputs): { wishes: Wishes; problems: Problem[] } {
  const problems: Problem[] = [];
  const wrong = (name: keyof Inputs, text: string, why: string) => {
    problems.push({ kind: 'usage', message: `${name}: "${text}" ${why}.`, file: null });
  };
  const words = (name: keyof Inputs, text: string): string[] => {
    const split = splitWords(text);
    if ('words' in split) return split.words;
    wrong(name, text, split.problem);
    return [];
  };
  const pattern = (name: keyof Inputs, line: string, text: string, bare: 'text' | 'expression'): Pattern => {
    const read = readPattern(text, bare);
    if ('written' in read) return read;
    wrong(name, line, read.problem);
    return { written: text, source: '', flags: '' };
  };

  const command = inputs['smoke-command'];
  const code = inputs['smoke-exit-code'];
  if (code !== '' && !isNumber(code, 0, 255)) wrong('smoke-exit-code', code, 'is no exit code: 0 to 255');
  for (const port of inputs['smoke-port']) if (!isPort(port)) wrong('smoke-port', port, NO_PORT);
  const http = inputs['smoke-http'].map((line): HttpWish => {
    const [, port = '', path = '', status = null, body = null] = HTTP.exec(line) ?? [];
    if (path === '') wrong('smoke-http', line, 'is not of the form [PORT]/PATH [STATUS] [TEXT or /EXPRESSION/]');
    else if (port !== '' && !isPort(port)) wrong('smoke-http', line, `begins with "${port}", which ${NO_PORT}`);
    return {
      written: line,
      port: port === '' ? null : Number(port),
      path,
      status: status?.toLowerCase() ?? null,
      body: body === null ? null : pattern('smoke-http', line, body, 'text'),
    };
  });
  const logs = inputs['smoke-log'].map((line) => pattern('smoke-log', line, line, 'expression'));
  for (const item of inputs['smoke-env']) {
    if (/^[^\s=#][^\s=]*(=|$)/.test(item)) continue;
    // What stands behind the = may be a secret.
    wrong('smoke-env', item.replace(/=.*/s, '=…'), 'is not NAME=VALUE, or NAME alone for a variable of the job');
  }
  const options = inputs['smoke-options'].flatMap((line) => words('smoke-options', line));
  for (const option of options) {
    const why = refusal(option);
    if (why !== null) wrong('smoke-options', option, why);
  }
  if (options.length > 0 && !options[0]?.startsWith('-')) {
    wrong('smoke-options', options[0] ?? '', 'is no option of docker run: the first word begins with -');
  }
  const platform = inputs['smoke-platform'];
  if (platform !== '' && !/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/.test(platform)) {
    wrong('smoke-platform', platform, 'is no platform, such as linux/arm64');
  }
  if (inputs['smoke-timeout'] <= 0) wrong('smoke-timeout', '0', 'leaves no time: give a number of seconds above 0');
  const wishes: Wishes = {
    command: command === '' ? null : words('smoke-command', command),
    exitCode: code === '' ? null : Number(code),
    ports: inputs['smoke-port'].map(Number),
    http,
    logs,
    timeout: inputs['smoke-timeout'],
    settle: inputs['smoke-settle'],
    env: inputs['smoke-env'],
    options,
    platform,
  };
  return { wishes, problems };
}

/** `[PORT]/PATH`, then a status such as 200 or 2xx, then what the body must hold. */
const HTTP = /^(\d*)(\/\S*)(?:\s+([1-5](?:\d\d|xx)))?(?:\s+(\S.*))?$/i;

const NO_PORT = 'is no TCP port: 1 to 65535';
const isPort = (text: string): boolean => isNumber(text, 1, 65_535);
const isNumber = (text: string, least: number, most: number): boolean =>
  /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most;

/** `/EXPRESSION/` with flags i, m, s, u is an expression; without slashes it is what `bare` says. */
function readPattern(text: string, bare: 'text' | 'expression'): Pattern | { problem: string } {
  const [, source, flags = ''] = /^\/(.+)\/([imsu]*)$/s.exec(text) ?? [];
  if (source === undefined && bare === 'text') {
    return { written: text, source: text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), flags: '' };
  }
  try {
    new RegExp(source ?? text, flags);
    return { written: text, source: source ?? text, flags };
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : '';
    return { problem: `is no regular expression of JavaScript: ${why}` };
  }
}

/** Why an option of docker run cannot be passed on; null when it can. */
function refusal(option: string): string | null {
  const name = option.split('=')[0] ?? '';
  if (/^-[itP]*d[itP]*$/.test(name)) return REFUSED['--detach'] ?? null;
  return REFUSED[name] ?? null;
}

const REFUSED: Record<string, string> = {
  '--name': 'cannot be used: the container has a name by which it is found and removed',
  '--rm': 'cannot be used: the container is removed anyway, once its end has been looked at',
  '--detach': 'cannot be used: the test follows what the container prints',
  '--cidfile': 'cannot be used: the container is gone when the test ends',
  '--attach': 'cannot be used: the test follows both streams',
  '-a': 'cannot be used: the test follows both streams',
  '--interactive': 'cannot be used: there is nobody at the keyboard',
  '-i': 'cannot be used: there is nobody at the keyboard',
  '-it': 'cannot be used: there is nobody at the keyboard; --tty alone gives it a terminal',
  '-ti': 'cannot be used: there is nobody at the keyboard; --tty alone gives it a terminal',
  '--pull': 'cannot be used: the image that was built is run',
  '--platform': 'cannot be used: there is smoke-platform for it',
  '--sig-proxy': 'cannot be used: there is nobody to send signals',
  '--detach-keys': 'cannot be used: there is nobody at the keyboard',
  '--': 'cannot be used: it would end the options',
  '--help': 'cannot be used: nothing would run',
};
