// RUN chown -R or chmod -R over files that a COPY of the same stage could have brought with that owner or mode.
//
// Not flagged, on purpose:
// - Paths in which another step may have written: an install, a build, a script. Their files need it.
// - A part of what was copied (`chown -R app /app/data` behind `COPY . /app`): the COPY cannot tell it apart.
// - Owners and paths that only the shell knows, and directories in which packages and the base image have files too.
// - chown and chmod without -R: few files, and little to gain.
import { join } from 'node:path/posix';
import type { ShellCommand } from '../../dockerfile/commands.ts';
import type { Instruction } from '../../dockerfile/dockerfile.ts';
import { flagValue } from '../../dockerfile/files.ts';
import { resolve, type Scope } from '../../dockerfile/variables.ts';
import { changeDirectory } from '../../dockerfile/workdir.ts';
import { splitArguments, words } from '../arguments.ts';
import type { Rule, RuleFinding } from '../lint.ts';
import { flagsOf } from '../paste.ts';
import { pathWithin } from '../sources.ts';
import { systemAction } from '../system-packages.ts';
import { list, quoted, shortened, unique } from '../texts.ts';
import { inheritedSteps, type Step, stepsOf } from '../walk.ts';

export const copyThenChown: Rule = {
  id: 'copy-then-chown',
  severity: 'warning',
  summary: 'A RUN changes the owner or mode of copied files, which stores all of them a second time.',
  check(input) {
    const { dockerfile } = input;
    return [...stepsOf(dockerfile)].flatMap(([stage, steps]) =>
      findingsIn(inheritedSteps(dockerfile, stage, FARTHEST), steps, dockerfile.escape),
    );
  },
};

// No chown is for what lies farther above.
const FARTHEST = 100;

type Program = 'chown' | 'chmod';

/** What a RUN changes that COPYs could have set. */
interface Change {
  run: Instruction;
  command: ShellCommand;
  flags: { program: Program; value: string }[];
  copies: readonly Copy[];
}

/** A COPY or ADD and the places in the image where it puts something. */
interface Copy {
  instruction: Instruction;
  places: string[];
  /** Places in which something else was written since. */
  spoilt: boolean;
  /** Whether a user was made since. */
  userMade: boolean;
}

function findingsIn(inherited: readonly Step[], steps: readonly Step[], escapeToken: string): RuleFinding[] {
  if (!steps.some(({ commands }) => commands.some(isRecursive))) return [];
  const found: Change[] = [];
  const copies: Copy[] = [];
  // Where other files may lie that a chown is for as well.
  const others = inherited.flatMap((step) => [...step.sources.map(({ to }) => join(to, ANYTHING)), ...writtenBy(step)]);
  for (const step of steps) {
    const { instruction, sources, commands } = step;
    const brought = unique(sources.map(({ to }) => to));
    if (brought.length > 0) copies.push({ instruction, places: brought, spoilt: false, userMade: false });
    for (const command of commands) {
      if (isRecursive(command)) found.push(...judge(command, step, copies, others, escapeToken));
      for (const copy of copies) {
        copy.spoilt ||= mayWriteInto(command, copy.places, step);
        copy.userMade ||= MAKES_USERS.has(command.words[0] ?? '');
      }
    }
    others.push(...writtenBy(step));
  }
  return together(found).map(report);
}

/** A chown and a chmod of one RUN for the same copies are one change: the COPY gets both flags. */
function together(changes: readonly Change[]): Change[] {
  const kept: Change[] = [];
  for (const change of changes) {
    const last = kept.at(-1);
    const same = last?.run === change.run && last.copies.length === change.copies.length;
    const alike = same && last.copies.every((copy, at) => copy === change.copies[at]);
    if (alike && change.flags.every(({ program }) => last.flags.every((flag) => flag.program !== program))) {
      last.flags.push(...change.flags);
    } else kept.push(change);
  }
  return kept;
}

// A file of any name.
const ANYTHING = '*';

/** What commands of the step may have made: directories, and anything in the directories that they work in. */
function writtenBy({ commands, workdir }: Step): string[] {
  return commands.flatMap((command) => {
    const here = workdir === null || command.workdir === null ? null : changeDirectory(workdir, command.workdir);
    if (isHarmless(command) || here === null) return [];
    const made = command.words[0] === 'mkdir' ? command.words.slice(1).filter((word) => !/^-|[$`{]/.test(word)) : null;
    return made === null ? [join(here, ANYTHING)] : made.flatMap((path) => changeDirectory(here, path) ?? []);
  });
}

const MAKES_USERS = words('addgroup adduser groupadd useradd');
// They write into no directory of the project.
const HARMLESS = words(
  ': [ addgroup adduser cd chgrp chmod chown echo export find getent groupadd groupmod id ls rm rmdir set setcap sleep test true update-ca-certificates useradd usermod',
);

function isHarmless(command: ShellCommand): boolean {
  const [program] = command.words;
  return program === undefined || HARMLESS.has(program) || systemAction(command) !== null;
}

function isRecursive({ words: [program, ...args] }: ShellCommand): boolean {
  return (
    (program === 'chown' || program === 'chmod') &&
    args.some((word) => /^(-[a-zA-Z]*R[a-zA-Z]*|--recursive)$/.test(word))
  );
}

/** Whether the command may write where the copy did: any that is not known to keep out of there. */
function mayWriteInto(command: ShellCommand, copied: readonly string[], { workdir }: Step): boolean {
  const [program, ...args] = command.words;
  if (isHarmless(command)) return false;
  if (program !== 'mkdir') return true;
  const here = workdir === null || command.workdir === null ? null : changeDirectory(workdir, command.workdir);
  return args
    .filter((word) => !word.startsWith('-'))
    .some((word) => {
      const made = /[$`{]/.test(word) ? null : changeDirectory(here, word);
      return made === null || copied.some((place) => pathWithin(place, made) !== null);
    });
}

/** The path with the variables of the Dockerfile put in; null where one of them is not known. */
function seen(path: string, scope: Scope | null, escapeToken: string): string | null {
  return scope === null ? path : resolve(path, scope, escapeToken);
}

// Directories that the base image and packages put files in: not all that is in them was copied.
function isShared(place: string): boolean {
  if (/^\.?\/?(home|opt|root|srv|tmp)?$/.test(place)) return true;
  return (
    /^\/(bin|boot|dev|etc|lib\w*|proc|run|sbin|sys|usr|var)(\/|$)/.test(place) &&
    !/^\/(usr\/(local\/)?src|var\/www)\/./.test(place)
  );
}

function judge(
  command: ShellCommand,
  step: Step,
  copies: readonly Copy[],
  others: readonly string[],
  escapeToken: string,
): Change[] {
  const program: Program = command.words[0] === 'chown' ? 'chown' : 'chmod';
  // Modes that take away begin with a dash as well.
  const { operands } = splitArguments(command.words.slice(1), new Set());
  const [value = '', ...paths] = operands;
  const here =
    step.workdir === null || command.workdir === null ? null : changeDirectory(step.workdir, command.workdir);
  if (value === '' || /[$`]/.test(value) || paths.length === 0) return [];
  const changed = paths.map((path) => {
    const known = /[*?`[]|\$\(/.test(path) ? null : seen(path, step.scope, escapeToken);
    const place = known === null ? null : changeDirectory(here, known);
    return place !== null && isShared(place) ? null : place;
  });
  const within = (place: string): boolean => changed.some((path) => path !== null && pathWithin(path, place) !== null);
  const concerned = copies.filter((copy) => copy.places.every(within) && flagValue(copy.instruction, program) === null);
  const known = changed.every(
    (path) => path !== null && concerned.some((copy) => copy.places.some((place) => pathWithin(path, place) !== null)),
  );
  if (!known || concerned.length === 0 || concerned.some(({ spoilt }) => spoilt)) return [];
  const covers = (place: string): boolean =>
    changed.some((path) => path !== null && path !== place && pathWithin(path, place) !== null);
  if (others.some(covers)) return [];
  const flag = { program, value: program === 'chown' ? owner(value) : value };
  return [{ run: step.instruction, command, flags: [flag], copies: concerned }];
}

/** `app.` and `app.app` are old forms of `app` and `app:app`. */
function owner(value: string): string {
  return value.replace(/[:.]$/, '').replace('.', ':');
}

// More than so many are counted.
const MOST_NAMES = 4;

function report({ command, flags, copies }: Change): RuleFinding {
  const places = copies.map(({ instruction }) => `line ${instruction.range.start.line}`);
  const programs = flags.map(({ program }) => program);
  const set = flags.map(({ program, value }) => `--${program}=${value} `).join('');
  const pasted = copies.map(({ instruction }) => {
    const { keyword, rest } = instruction;
    return `${keyword} ${set}${flagsOf(instruction)}${rest}`;
  });
  const owners = flags.find(({ program }) => program === 'chown');
  const modes = flags.find(({ program }) => program === 'chmod');
  const notes = [
    ...(owners && copies.some(({ userMade }) => userMade) ? ['Make the user above it.'] : []),
    ...(owners
      ? [
          `A directory that was there before keeps its owner: where the program makes files in it, \`chown ${owners.value}\` it without -R.`,
        ]
      : []),
    ...(modes && !/^\d+$/.test(modes.value)
      ? ['Symbolic modes need Dockerfile 1.14; `# syntax=docker/dockerfile:1` at the top gives it to older builders.']
      : []),
  ];
  const recursive = quoted(
    programs.map((program) => `${program} -R`),
    'and',
  );
  const named = list(shortened(places, MOST_NAMES), 'and');
  const [stores, does] = flags.length === 1 ? ['stores', 'does'] : ['store', 'do'];
  const what = list(
    programs.map((program) => (program === 'chown' ? 'owner' : 'mode')),
    'and',
  );
  return {
    range: command.range,
    confidence: 'medium',
    message: `${recursive} ${stores} every file that ${named} brought in a second time, in a layer of its own, and ${does} it again whenever one of them changes.`,
    remedy: [
      `Let the ${copies[0]?.instruction.keyword ?? 'COPY'} do it, and drop the ${list(programs, 'and')}:`,
      ...pasted,
      ...notes,
    ].join('\n'),
    related: copies.map(({ instruction }) => ({ range: instruction.range, message: `can set the ${what} itself` })),
  };
}
