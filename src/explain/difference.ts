// How one step differs from what it was: what of it changed, as its cause and with the proof. Pure.

import type { CauseKind } from '../report/report.ts';
import { accidental } from './accidental.ts';
import type { BuildRecord, FileState, Setting, StepRecord, Variable } from './record.ts';

/** Something that a step's cache key is made of, and that is not what it was. */
export interface Change {
  kind: CauseKind;
  /** One sentence. */
  detail: string;
  evidence: string[];
  remedy: string;
  /** Variables alone, and none that a line of the Dockerfile brings: they are the base image's. */
  isOfImage?: boolean;
}

/** Two builds, for what they have in common. */
export interface Builds {
  old: Pick<BuildRecord, 'options' | 'engine'>;
  now: Pick<BuildRecord, 'options' | 'engine'>;
}

/** What changed of a step itself; what it stands on is left to others. */
export function changesOf(old: StepRecord, now: StepRecord, builds: Builds): Change[] {
  const variables = variableChange(old, now);
  return [
    ...instructionChange(old, now, builds),
    ...imageChange(old, now),
    // What a variable in its text names is another thing because of the variable.
    ...(now.instruction === 'RUN' ? [] : variables),
    ...remoteChange(old, now),
    ...fileChange(old, now),
    ...(now.instruction === 'RUN' ? variables : []),
  ];
}

/** A step as a sentence names it. */
export function label({ text, line }: Pick<StepRecord, 'text' | 'line'>, width = 60): string {
  const short = cut(text.replaceAll('`', '´'), width);
  return line === null ? `\`${short}\`` : `\`${short}\` (line ${line})`;
}

function instructionChange(old: StepRecord, now: StepRecord, { old: before, now: after }: Builds): Change[] {
  const told = old.operation !== null && now.operation !== null;
  const same = told ? old.operation === now.operation : old.content === now.content;
  const settings = settingChanges(old, now);
  if (same && (told || settings.length === 0)) return [];
  const change = (kind: CauseKind, detail: string, evidence: string[] = []) => [{ kind, detail, evidence, remedy: '' }];
  if (old.content !== now.content) {
    const lines = textChange(old, now);
    const what = lines.length > 0 ? 'The instruction was edited.' : 'Only white space of the instruction was edited.';
    return change('instruction-changed', what, lines);
  }
  if (settings.length > 0) {
    const [first] = settings;
    const which = settings.map(({ keyword }) => keyword).join(' and ');
    return change(
      'instruction-changed',
      `It runs under another ${which}${first?.line ? ` (line ${first.line})` : ''}.`,
      settings.flatMap(({ lines }) => lines),
    );
  }
  // The same words make another operation when a variable in them has another value: that is told of the variable.
  if (changedVariables(old, now).some(({ name }) => mentions(now, name))) return [];
  const options = unequalKeys(before.options, after.options);
  if (options.length > 0)
    return change(
      options.every((name) => BUILDER_ARGUMENT.test(name)) ? 'variable-changed' : 'instruction-changed',
      `The build was asked for with another ${options.map((name) => `\`${name}\``).join(', ')}.`,
    );
  if (before.engine !== after.engine) {
    return change(
      'unknown',
      `The builder of Docker ${after.engine ?? 'unknown'} makes another operation of it than that of ${before.engine ?? 'unknown'}.`,
    );
  }
  return change('unknown', 'The builder made another operation of the same instruction.');
}

/** Build arguments that are for the builder itself, declared or not: frontend/dockerui/config.go. */
export const BUILDER_ARGUMENT = /^(SOURCE_DATE_EPOCH|BUILDKIT_\w+)$/;

function settingChanges(old: StepRecord, now: StepRecord): { keyword: string; line: number | null; lines: string[] }[] {
  const find = ({ settings }: StepRecord, keyword: string): Setting | null =>
    settings.find((one) => one.keyword === keyword) ?? null;
  return ['USER', 'WORKDIR', 'SHELL'].flatMap((keyword) => {
    const was = find(old, keyword);
    const is = find(now, keyword);
    if (was?.text === is?.text) return [];
    return [
      { keyword, line: is?.line ?? null, lines: [...(was ? [`- ${was.text}`] : []), ...(is ? [`+ ${is.text}`] : [])] },
    ];
  });
}

function imageChange(old: StepRecord, now: StepRecord): Change[] {
  const isTag = changedVariables(old, now).every(({ name }) => !mentions(now, name));
  return now.images.flatMap(({ name, digest }, at) => {
    const was = old.images[at];
    if (!was || was.digest === null || digest === null || was.digest === digest) return [];
    const from =
      was.name === name
        ? `\`${name}\` is another image than it was.`
        : `The image is \`${name}\` now, and was \`${was.name}\`.`;
    return [
      {
        kind: 'base-image-changed',
        detail: from,
        evidence: [`- ${was.name} ${was.digest}`, `+ ${name} ${digest}`],
        remedy:
          was.name === name && isTag
            ? 'A tag moves when its image is published anew. Behind `@sha256:…` a base stays until you change it.'
            : '',
      },
    ];
  });
}

function remoteChange(old: StepRecord, now: StepRecord): Change[] {
  if (old.remote === null || now.remote === null || old.remote === now.remote) return [];
  return [{ kind: 'files-changed', detail: 'What is behind its URL is not what it was.', evidence: [], remedy: '' }];
}

function variableChange(old: StepRecord, now: StepRecord): Change[] {
  const changed = changedVariables(old, now);
  if (changed.length === 0) return [];
  const [first] = changed;
  const idle = changed.filter(({ name }) => !mentions(now, name));
  const names = changed
    .slice(0, 3)
    .map(({ name, line }) => `\`${name}\` (${line === null ? 'of the base image' : `line ${line}`})`);
  const more = changed.length > names.length ? ` and ${changed.length - names.length} more` : '';
  const use = useOf(now, changed, idle);
  return [
    {
      kind: 'variable-changed',
      isOfImage: changed.every(({ line }) => line === null),
      detail: `${names.join(', ')}${more} ${first?.how === 'moved' ? 'stand in another order' : 'changed'}${use}.`,
      evidence: changed.map(({ name, line, how }) => `${how} ${name}${line === null ? '' : `, line ${line}`}`),
      remedy:
        use === '' || changed.every(({ line }) => line === null)
          ? ''
          : 'A RUN goes by all variables that are declared above it, used or not: declare them below it.',
    },
  ];
}

/** Whether a RUN uses the variables that changed, as a clause; '' where it does, or is no RUN. */
function useOf({ instruction }: StepRecord, changed: readonly Variable[], idle: readonly Variable[]): string {
  if (instruction !== 'RUN' || idle.length === 0) return '';
  if (idle.length === changed.length) {
    return changed.length === 1 ? '; the step does not mention it' : '; the step mentions none of them';
  }
  const names = idle.slice(0, 3).map(({ name }) => `\`${name}\``);
  return `; it does not mention ${names.join(', ')}`;
}

function changedVariables(old: StepRecord, now: StepRecord): (Variable & { how: string })[] {
  const before = new Map(old.variables.map((variable) => [variable.name, variable]));
  const after = new Set(now.variables.map(({ name }) => name));
  // Of what only one of two builds tells all, the other may just not have told it.
  const whole = old.complete === now.complete;
  const changed = now.variables.flatMap((variable) => {
    const was = before.get(variable.name);
    if (was) return was.value === variable.value ? [] : [{ ...variable, how: 'changed' }];
    return whole ? [{ ...variable, how: 'added' }] : [];
  });
  const removed = whole ? old.variables.filter(({ name }) => !after.has(name)) : [];
  const all = [...changed, ...removed.map((variable) => ({ ...variable, how: 'removed' }))];
  if (all.length > 0 || now.instruction !== 'RUN' || !old.complete || !now.complete) return all;
  return now.variables
    .filter(({ name }, at) => name !== old.variables[at]?.name)
    .map((variable) => ({ ...variable, how: 'moved' }));
}

/** Whether a name stands anywhere in the step: `$A`, `${A:-x}` and `process.env.A` all mention A. */
function mentions({ text, heredoc }: StepRecord, name: string): boolean {
  return [text, heredoc].some((part) => part.split(/\W+/).includes(name));
}

/** Names that a remedy lists. */
const MOST_IGNORED = 5;

function fileChange(old: StepRecord, now: StepRecord): Change[] {
  if (old.files === null || now.files === null) return [];
  const changes = changedFiles(old.files, now.files);
  if (changes.length === 0) return [];
  const unwanted = new Map(
    changes.flatMap((change) => {
      const group = accidental(change.path, now.text);
      return group === null ? [] : [[change, group] as const];
    }),
  );
  const [only] = changes;
  const what =
    changes.length === 1 && only
      ? `\`${only.path.replaceAll('`', '´')}\` was ${only.how}`
      : `${changes.length} files that it reads changed`;
  const groups = [...new Set(unwanted.values())];
  const all = unwanted.size === changes.length;
  const which = !all ? `${unwanted.size} of them ` : changes.length > 1 ? 'all ' : 'it ';
  const looks = unwanted.size === 1 ? 'looks' : 'look';
  const accident = unwanted.size === 0 ? '' : `; ${which}${looks} accidental`;
  const them = groups.length === 1 ? 'it' : 'them';
  const named = groups.slice(0, MOST_IGNORED).map((name) => `\`${name.replaceAll('`', '´')}\``);
  return [
    {
      kind: 'files-changed',
      detail: `${what}${accident}.`,
      evidence: evidenceOf(changes, unwanted),
      remedy:
        groups.length === 0
          ? ''
          : `If the image does not need ${them}, name ${them} in .dockerignore: ${named.join(', ')}.`,
    },
  ];
}

interface FileChange {
  path: string;
  how: 'modified' | 'added' | 'removed' | 'made another kind of file' | 'given another mode';
  /** Modes, where they are what changed. */
  modes: string;
}

/** Both are sorted by path. Mode counts for files, not for directories. */
function changedFiles(old: readonly FileState[], now: readonly FileState[]): FileChange[] {
  const changes: FileChange[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length; ) {
    const was = old[i];
    const is = now[j];
    if (was && (!is || was.path < is.path)) {
      changes.push({ path: was.path, how: 'removed', modes: '' });
      i += 1;
    } else if (is && (!was || is.path < was.path)) {
      changes.push({ path: is.path, how: 'added', modes: '' });
      j += 1;
    } else if (was && is) {
      const how = fileDifference(was, is);
      const modes = how === 'given another mode' ? ` ${octal(was.mode)} → ${octal(is.mode)}` : '';
      if (how !== null) changes.push({ path: is.path, how, modes });
      i += 1;
      j += 1;
    }
  }
  return changes;
}

const KIND = 0o170000;
const DIRECTORY = 0o040000;

function fileDifference(was: FileState, is: FileState): FileChange['how'] | null {
  if ((was.mode & KIND) !== (is.mode & KIND)) return 'made another kind of file';
  if ((is.mode & KIND) === DIRECTORY) return null;
  if (was.size !== is.size || was.digest !== is.digest) return 'modified';
  return was.mode === is.mode ? null : 'given another mode';
}

const octal = (mode: number): string => (mode & 0o7777).toString(8);

const SHORT_HOW: Record<FileChange['how'], string> = {
  modified: 'modified',
  added: 'added',
  removed: 'removed',
  'made another kind of file': 'kind',
  'given another mode': 'mode',
};

/** What matters first; of what looks accidental a line for each folder. */
function evidenceOf(changes: FileChange[], unwanted: ReadonlyMap<FileChange, string>): string[] {
  const lines = changes
    .filter((change) => !unwanted.has(change))
    .map(({ path, how, modes }) => `${SHORT_HOW[how]} ${path}${modes}`);
  const groups = new Map<string, FileChange[]>();
  for (const [change, group] of unwanted) groups.set(group, [...(groups.get(group) ?? []), change]);
  const folded = [...groups].map(([group, inside]) => {
    const [only] = inside;
    if (inside.length === 1 && only) return `${SHORT_HOW[only.how]} ${only.path}${only.modes}`;
    return `changed ${group} (${inside.length} files)`;
  });
  return [...lines, ...folded];
}

/** Where two texts differ, and a little of what stands around it. */
function textChange(old: StepRecord, now: StepRecord): string[] {
  const lines = old.text === now.text ? [] : wordChange(old.text, now.text);
  if (old.heredoc === now.heredoc) return lines;
  const [was, is] = middle(old.heredoc.split('\n'), now.heredoc.split('\n'));
  const all = [...was.map((line) => `- ${line}`), ...is.map((line) => `+ ${line}`)];
  return [...lines, ...all];
}

/** Words that are shown around a difference. */
const AROUND = 4;

function wordChange(a: string, b: string): string[] {
  const [was, is, start, end] = middle(a.split(' '), b.split(' '));
  const shown = (words: string[], inside: string[]) => {
    const before = words.slice(Math.max(0, start - AROUND), start);
    const after = words.slice(words.length - end, words.length - end + AROUND);
    const head = start > AROUND ? ['…'] : [];
    const tail = end > AROUND ? ['…'] : [];
    return [...head, ...before, ...inside, ...after, ...tail].join(' ');
  };
  return [`- ${shown(a.split(' '), was)}`, `+ ${shown(b.split(' '), is)}`];
}

/** What is between the common beginning and the common end, and how long those are. */
function middle(a: string[], b: string[]): [string[], string[], number, number] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end), start, end];
}

function unequalKeys(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
