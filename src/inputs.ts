// What the user asked for: one table of all inputs, read once into a typed object. The action takes them from its
// `with:`, the command from flags of the same names. Pure: where a raw value comes from is the caller's business.
import { IGNORABLE } from './lint/lint.ts';
import { RULES } from './lint/rules/index.ts';
import { nearest } from './nearest.ts';
import { readWishes } from './smoke/ask.ts';

/** How a raw text becomes a value. `list` splits at line ends and commas, `lines` at line ends only. */
type Kind = 'text' | 'list' | 'lines' | 'boolean' | 'number' | 'choice';

interface InputSpec {
  kind: Kind;
  /** As text, as in action.yml; '' is "not set". */
  default: string;
  /** The legal values of a choice, or of a list's items. */
  values?: readonly string[];
  /** Docker's own names for the flag of the command; a single letter is a short one. */
  aliases?: readonly string[];
  /** One sentence for the help text and action.yml. */
  help: string;
  /** Docker's flag, where the input is passed on as it is. */
  docker?: string;
}

/** All inputs, in the order of the help text. Names are those of docker/build-push-action where it has the same. */
export const INPUTS = {
  context: { kind: 'text', default: '.', help: 'Directory that is sent to the builder (the build context).' },
  file: {
    kind: 'text',
    default: '',
    aliases: ['f'],
    help: 'Path of the Dockerfile. Default: Dockerfile in the context.',
  },
  tags: { kind: 'list', default: '', aliases: ['tag', 't'], help: 'Names of the image, one a line.', docker: '--tag' },
  target: { kind: 'text', default: '', help: 'Stage to build. Default: the last one.', docker: '--target' },
  'build-args': {
    kind: 'lines',
    default: '',
    aliases: ['build-arg'],
    help: 'Values for ARG instructions, NAME=VALUE, one a line.',
    docker: '--build-arg',
  },
  'build-contexts': {
    kind: 'lines',
    default: '',
    aliases: ['build-context'],
    help: 'Further contexts, NAME=PATH, one a line.',
    docker: '--build-context',
  },
  labels: {
    kind: 'lines',
    default: '',
    aliases: ['label'],
    help: 'Labels of the image, NAME=VALUE, one a line.',
    docker: '--label',
  },
  platforms: {
    kind: 'list',
    default: '',
    aliases: ['platform'],
    help: 'Platform to build for, such as linux/arm64. Default: the engine’s own.',
    docker: '--platform',
  },
  secrets: { kind: 'lines', default: '', help: 'Secrets for RUN --mount=type=secret, ID=VALUE, one a line.' },
  'secret-envs': { kind: 'lines', default: '', help: 'Secrets from environment variables, ID=VARIABLE, one a line.' },
  'secret-files': { kind: 'lines', default: '', help: 'Secrets from files, ID=PATH, one a line.' },
  ssh: {
    kind: 'lines',
    default: '',
    help: 'SSH agents or keys for RUN --mount=type=ssh, one a line.',
    docker: '--ssh',
  },
  network: { kind: 'text', default: '', help: 'Network of RUN steps: default, none or host.', docker: '--network' },
  'add-hosts': {
    kind: 'list',
    default: '',
    aliases: ['add-host'],
    help: 'Further host names, NAME:ADDRESS, one a line.',
    docker: '--add-host',
  },
  'shm-size': { kind: 'text', default: '', help: 'Size of /dev/shm in RUN steps, such as 128m.', docker: '--shm-size' },
  ulimit: { kind: 'list', default: '', help: 'Limits of RUN steps, such as nofile=1024:1024.', docker: '--ulimit' },
  pull: { kind: 'boolean', default: 'false', help: 'Ask the registry for newer base images.', docker: '--pull' },
  'no-cache': { kind: 'boolean', default: 'false', help: 'Reuse nothing: run every step.', docker: '--no-cache' },
  'no-cache-filters': {
    kind: 'list',
    default: '',
    aliases: ['no-cache-filter'],
    help: 'Stages of which nothing is reused.',
    docker: '--no-cache-filter',
  },
  lint: {
    kind: 'choice',
    default: 'warn',
    values: ['warn', 'error', 'off'],
    help: 'Look for an order of the Dockerfile that wastes the cache: warn annotates, error also fails the job, off does neither.',
  },
  'lint-ignore': {
    kind: 'list',
    default: '',
    values: [...RULES.map(({ id }) => id), ...IGNORABLE],
    help: 'Lint rules that do not count in this job, one a line.',
  },
  cache: {
    kind: 'choice',
    default: 'auto',
    values: ['auto', 'always', 'read-only', 'off'],
    help: 'Keep layers from one build to the next: auto (save unless that costs more than it saves), always (save in any case), read-only (use them, save nothing), or off.',
  },
  'cache-dir': {
    kind: 'text',
    default: '',
    help: 'Directory to keep layers in. Default: the Actions cache in a workflow; elsewhere none are kept.',
  },
  'cache-scope': {
    kind: 'text',
    default: '',
    help: 'Name of the cache. Default: one for each Dockerfile, target and platform.',
  },
  'smoke-test': {
    kind: 'choice',
    default: 'auto',
    values: ['auto', 'changed', 'off'],
    help: 'Run the image after the build: auto, changed (not when the same image has passed before, as the layer cache remembers), or off.',
  },
  'smoke-command': {
    kind: 'text',
    default: '',
    help: 'Arguments in place of the image’s CMD: words with quotes as in a shell, or a JSON array. No shell is run.',
  },
  'smoke-exit-code': {
    kind: 'text',
    default: '',
    help: 'Exit code with which the program must end, 0 to 255. Default: 0 where it ends.',
  },
  'smoke-port': { kind: 'list', default: '', help: 'TCP ports of the container that must accept connections.' },
  'smoke-http': {
    kind: 'lines',
    default: '',
    help: 'What must be answered to a GET, one a line: [PORT]/PATH [STATUS] [TEXT or /EXPRESSION/], such as 8080/health 200 /ok|up/. Default: the one EXPOSEd port, any status below 400, any text.',
  },
  'smoke-log': {
    kind: 'lines',
    default: '',
    help: 'Regular expressions that lines of the program’s output must match, one a line; /EXPRESSION/i ignores case.',
  },
  'smoke-timeout': {
    kind: 'number',
    default: '60',
    help: 'Seconds in which the image must do what is expected, not counting the start period of its HEALTHCHECK.',
  },
  'smoke-settle': {
    kind: 'number',
    default: '3',
    help: 'Seconds that a program must keep running, where nothing tells when it is ready.',
  },
  'smoke-env': {
    kind: 'lines',
    default: '',
    help: 'Variables for the container, NAME=VALUE, or NAME alone for one of the job’s, one a line. It gets no others.',
  },
  'smoke-options': {
    kind: 'lines',
    default: '',
    help: 'Further options of docker run, such as --memory 2g --tmpfs /tmp; words with quotes as in a shell.',
  },
  'smoke-platform': {
    kind: 'text',
    default: '',
    help: 'Platform to run the image as, such as linux/arm64. Default: the one that was built.',
  },
  push: {
    kind: 'boolean',
    default: 'false',
    help: 'Push the image under all its tags, once the smoke test has passed (or was skipped).',
  },
  summary: { kind: 'boolean', default: 'true', help: 'Write the report into the job summary (only in a workflow).' },
  report: { kind: 'text', default: '', help: 'File to write the JSON report to.' },
} as const satisfies Record<string, InputSpec>;

export type InputName = keyof typeof INPUTS;

type Value<S extends InputSpec> = S['kind'] extends 'list' | 'lines'
  ? string[]
  : S['kind'] extends 'boolean'
    ? boolean
    : S['kind'] extends 'number'
      ? number
      : S extends { values: readonly (infer V)[] }
        ? V
        : string;

/** The inputs, typed: a text that is not set is '', a list that is not set is empty. */
export type Inputs = { [N in InputName]: Value<(typeof INPUTS)[N]> };

/** A bad input in words. `usage`: the caller wrote something illegal (exit code 2); `world`: something is not there (1). */
export interface Problem {
  kind: 'usage' | 'world';
  message: string;
  file: string | null;
}

/**
 * Reads all inputs from `raw`, which gives the text of each, or null where it was not given. A text of several lines
 * is a list. All wrong ones are reported together, each with the legal values; the result then holds defaults for them.
 */
export function readInputs(raw: (name: InputName) => string | null): { inputs: Inputs; problems: Problem[] } {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(INPUTS) as [InputName, InputSpec][]) {
    const text = raw(name)?.trim() || spec.default;
    const value = parse(spec, text);
    if (value === null) {
      problems.push({ kind: 'usage', message: `${name}: "${text}" is not ${legal(spec)}.`, file: null });
    }
    values[name] = value ?? parse(spec, spec.default);
  }
  const inputs = values as Inputs;
  problems.push(
    ...inputs.tags.flatMap(tagProblem),
    ...pairProblems(inputs),
    ...ruleProblems(inputs['lint-ignore']),
    ...readWishes(inputs).problems,
  );
  if (inputs.push && inputs.tags.length === 0) {
    problems.push({
      kind: 'usage',
      message: 'push: there is nothing to push the image as; name it with tags.',
      file: null,
    });
  }
  return { inputs, problems };
}

function parse(spec: InputSpec, text: string): string | string[] | boolean | number | null {
  switch (spec.kind) {
    case 'text':
      return text;
    case 'list':
      return items(text, /[\n,]/);
    case 'lines':
      return items(text, /\n/);
    case 'boolean': // YAML 1.2, as actions/toolkit's getBooleanInput
      return /^(true|True|TRUE)$/.test(text) ? true : /^(false|False|FALSE)$/.test(text) ? false : null;
    case 'number':
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
    case 'choice':
      return spec.values?.includes(text) ? text : null;
  }
}

function items(text: string, separator: RegExp): string[] {
  return text
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function legal(spec: InputSpec): string {
  if (spec.kind === 'boolean') return 'true or false';
  if (spec.kind === 'number') return 'a number of seconds';
  return `one of ${spec.values?.join(', ')}`;
}

/**
 * Docker's grammar of an image name, with a reason for the usual mistakes.
 * https://github.com/distribution/reference/blob/main/reference.go
 */
function tagProblem(tag: string): Problem[] {
  const problem = (why: string): Problem[] => [{ kind: 'usage', message: `tags: "${tag}" ${why}.`, file: null }];
  const slash = tag.lastIndexOf('/');
  const colon = tag.indexOf(':', slash + 1);
  const name = colon < 0 ? tag : tag.slice(0, colon);
  const version = colon < 0 ? null : tag.slice(colon + 1);
  const first = name.split('/')[0] ?? '';
  const hasRegistry = name.includes('/') && (/[.:]/.test(first) || first === 'localhost' || /[A-Z]/.test(first));
  const repository = hasRegistry ? name.slice(first.length + 1) : name;
  if (/[A-Z]/.test(repository)) {
    const lower = /[.:]/.test(first) ? name.replace(repository, repository.toLowerCase()) : name.toLowerCase();
    return problem(`has a capital letter; an image name is lower case: "${lower}"`);
  }
  if (tag.includes('@')) return problem('has an @; a tag cannot name a digest');
  const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
  if (!repository.split('/').every((part) => component.test(part))) {
    return problem('is no image name: it takes a-z, 0-9 and single . _ - between them, with / between its parts');
  }
  if (hasRegistry && !/^(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/.test(first)) {
    return problem(`names the registry "${first}", which is no host name with an optional port`);
  }
  if (version !== null && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(version)) {
    return problem(
      'has a wrong part behind the colon: it takes up to 128 of A-Z, a-z, 0-9, _ . - and does not begin with . or -',
    );
  }
  return [];
}

function pairProblems(inputs: Inputs): Problem[] {
  const problems: Problem[] = [];
  for (const name of ['build-contexts', 'secrets', 'secret-envs', 'secret-files'] as const) {
    for (const item of inputs[name]) {
      if (/^[^=\s]+=./.test(item)) continue;
      // A secret's value is not repeated: the message ends up in a log.
      const shown = name === 'secrets' ? 'an item' : `"${item}"`;
      problems.push({ kind: 'usage', message: `${name}: ${shown} is not of the form NAME=VALUE.`, file: null });
    }
  }
  return problems;
}

function ruleProblems(ids: readonly string[]): Problem[] {
  const legal = INPUTS['lint-ignore'].values;
  return ids
    .filter((id) => !legal.includes(id))
    .map((id) => {
      const meant = nearest(id, legal);
      const guess = meant === null ? '' : ` Did you mean ${meant}?`;
      const message = `lint-ignore: "${id}" is no rule that can be ignored.${guess} There are ${legal.join(', ')}.`;
      return { kind: 'usage', message, file: null };
    });
}
