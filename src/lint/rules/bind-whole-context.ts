// RUN --mount=type=bind of the whole context for a step that needs a few files of it.
//
// Not flagged, on purpose:
// - A RUN that goes on to build, or runs anything of which nobody can tell what it reads: it may need all of it.
// - A mount of a directory or a file of the context: that is the remedy.
// - Mounts of stages and images (whole-stage-copied).
import { join } from 'node:path/posix';
import type { ShellCommand } from '../../dockerfile/commands.ts';
import { changeDirectory } from '../../dockerfile/workdir.ts';
import { culpritsOf, isMount, reportCulprit } from '../culprits.ts';
import { isSetup } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { flagsOf, restAsLine } from '../paste.ts';
import { pathWithin, type Source } from '../sources.ts';
import { quoted, unique } from '../texts.ts';
import { type Step, stepsOf } from '../walk.ts';

export const bindWholeContext: Rule = {
  id: 'bind-whole-context',
  severity: 'warning',
  summary: 'A RUN mounts the whole build context but needs a few files of it, so every change runs it again.',
  check(input) {
    const all = culpritsOf(input);
    const installs = all.filter(isMount);
    const told = new Set(installs.map(({ range }) => range));
    return [
      ...installs.map((culprit) => reportCulprit(culprit, all, input)),
      ...others(input).filter(({ range }) => !told.has(range)),
    ];
  },
};

/** RUNs that do not install from the mount, but copy or read files of it by name. */
function others(input: LintInput): RuleFinding[] {
  const steps = [...stepsOf(input.dockerfile).values()].flat();
  return steps.flatMap((step) =>
    step.mounted.filter(({ path }) => path === '').flatMap((mount) => judge(step, mount, input) ?? []),
  );
}

// What these are given is all that they read.
const READERS: ReadonlySet<string> = new Set(['cat', 'cp', 'install']);

function judge(step: Step, mount: Source, { contextHas }: LintInput): RuleFinding | null {
  const { instruction, workdir, commands } = step;
  const needed: string[] = [];
  for (const command of commands) {
    const paths = readPaths(command, mount.to, workdir);
    if (paths === null) return null;
    needed.push(...paths);
  }
  const files = unique(needed);
  // A directory is often most of it; what is not there says that the mount was misunderstood.
  if (files.length === 0 || files.length > 8 || files.some((file) => file === '' || contextHas(file) === false))
    return null;
  const mounts = files.map((file) => `--mount=type=bind,source=${file},target=${join(mount.to, file)} `);
  const kept = flagsOf({ ...instruction, flags: instruction.flags.filter(({ range }) => range !== mount.range) });
  const names = quoted(files, 'and');
  return {
    range: mount.range,
    confidence: 'medium',
    message: `Every change to any file of the build context runs this step again: it mounts all of them, and a step is keyed by what it mounts. It reads only ${names}.`,
    remedy: `Mount what it reads:\nRUN ${mounts.join('')}${kept}${restAsLine(instruction)}`,
    related: [],
  };
}

/** The paths below the mount that the command reads; null if nobody can tell. */
function readPaths(command: ShellCommand, mount: string, workdir: string | null): string[] | null {
  const { words, workdir: moved } = command;
  const [program = '', ...args] = words;
  const here = moved === null || workdir === null ? null : changeDirectory(workdir, moved);
  const inside = (path: string): string | null => {
    const place = changeDirectory(here, path);
    return place === null ? null : pathWithin(mount, place);
  };
  const known = READERS.has(program);
  if (!known && !isSetup(command)) return null;
  const operands = args.filter((word) => !word.startsWith('-'));
  if (here === null || operands.some((word) => /[$`*?[]/.test(word))) return null;
  if (!known) return [];
  // The last one says where to.
  const read = program === 'cat' ? operands : operands.slice(0, -1);
  return read.flatMap((path) => inside(path) ?? []);
}
