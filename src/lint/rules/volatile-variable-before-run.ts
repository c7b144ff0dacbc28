// An ARG or ENV that changes with every commit or build, above a costly RUN that does not use it.
//
// Not flagged, on purpose:
// - ARGs above the first FROM: they are in no RUN's environment until they are declared again.
// - A name that means a pinned thing (`LLVM_COMMIT`, `NODE_SHA256`), and a default that pins one.
// - RUNs that may read the variable unseen: builds and scripts of the project. What stands below such a RUN runs again
//   with it anyway.
// - RUNs that take no time, and variables for the next step to throw the cache away (always-rebuilt).
import { join } from 'node:path/posix';
import type { ShellCommand } from '../../dockerfile/commands.ts';
import type { Dockerfile, Instruction } from '../../dockerfile/dockerfile.ts';
import { pairs } from '../../dockerfile/variables.ts';
import { changeDirectory } from '../../dockerfile/workdir.ts';
import {
  type Declared,
  type Idle,
  idleVariables,
  moveDown,
  movedDown,
  readsOnlyMentioned,
  unusedBy,
} from '../environment.ts';
import type { Fix } from '../finding.ts';
import { installOf } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { hasLifecycleScripts, isNode } from '../manifests.ts';
import { originOf } from '../sources.ts';
import { quoted, unique } from '../texts.ts';
import { volatility } from '../volatile.ts';
import { stepsOf } from '../walk.ts';

export const volatileVariableBeforeRun: Rule = {
  id: 'volatile-variable-before-run',
  severity: 'warning',
  summary:
    'A variable that changes with every commit or build stands above a RUN that does not use it and runs again with it.',
  check(input) {
    const groups = new Map<string, Idle[]>();
    for (const idle of idleVariables(input.dockerfile, (variable, derived) => derived || isVolatile(variable, input))) {
      const key = [idle.stage.index, ...idle.runs.map(({ range }) => range.start.line)].join();
      groups.set(key, [...(groups.get(key) ?? []), idle]);
    }
    return [...groups.values()].flatMap((group) => report(group, input) ?? []);
  },
};

/** Whether the variable changes with every commit or build. */
export function isVolatile(variable: Declared, input: LintInput): boolean {
  return volatilityOf(variable, input) !== null;
}

function volatilityOf(
  { instruction, pair: { name, value } }: Declared,
  input: LintInput,
): ReturnType<typeof volatility> {
  // ENV takes no value from outside.
  if (instruction.keyword !== 'ARG') return null;
  const given = input.job?.buildArgs[name];
  return volatility(name, value ?? globalDefault(input.dockerfile, name), given ?? null);
}

/** The default of an ARG above the first FROM, which one without a value takes over. */
function globalDefault({ instructions, stages }: Dockerfile, name: string): string | null {
  const first = instructions.indexOf(stages[0]?.from as Instruction);
  const found = instructions
    .slice(0, Math.max(first, 0))
    .flatMap(pairs)
    .find((pair) => pair.name === name);
  return found?.value ?? null;
}

function report(group: readonly Idle[], input: LintInput): RuleFinding | null {
  const [first] = group;
  if (first === undefined) return null;
  const { instruction, runs } = first;
  const names = unique(group.map(({ pair: { name } }) => name));
  const known = group.map((idle) => volatilityOf(idle, input)).find((found) => found !== null);
  const one = names.length === 1;
  const change = `${one ? 'changes' : 'change'} with every ${known?.changes ?? 'build'}`;
  const subject = `${quoted(names, 'and')} ${change}${known?.sure ? '' : `, by ${one ? 'its name' : 'their names'}`}`;
  return {
    range: instruction.range,
    confidence: known?.sure ? 'high' : 'medium',
    message: `${subject}, and ${one ? 'is' : 'are'} part of the environment of every RUN below: ${unusedBy(runs)}.`,
    remedy: moveDown(group),
    related: runs.map((run) => ({ range: run.range, message: 'runs again with every new value' })),
    fix: movedSafely(group, input),
  };
}

/** Moved past installs of the system's packages, and, if all of it tells of commits, past installs that do not ask for those. */
function movedSafely(group: readonly Idle[], input: LintInput): Fix | undefined {
  const names = group.map(({ pair: { name } }) => name);
  // Compilers and package managers read this one.
  if (names.includes('SOURCE_DATE_EPOCH')) return undefined;
  const ofCommits = names.every((name) => volatility(name, null, null)?.changes === 'commit');
  return movedDown(
    group,
    input.dockerfile,
    (command, run) => readsOnlyMentioned(command) || (ofCommits && runsOnlyForeignCode(command, run, group, input)),
  );
}

/** Whether the command installs packages of others, and no script of the project runs with it. */
function runsOnlyForeignCode(
  command: ShellCommand,
  run: Instruction,
  [idle]: readonly Idle[],
  input: LintInput,
): boolean {
  const install = installOf(command);
  if (install === null || install.installsProject || idle === undefined) return false;
  if (['pip', 'pipenv', 'poetry', 'uv', 'bundler'].includes(install.manager)) return true;
  if (!isNode(install) || install.directory === null) return false;
  const steps = stepsOf(input.dockerfile).get(idle.stage) ?? [];
  const at = steps.findIndex(({ instruction }) => instruction === run);
  const manifest = changeDirectory(steps[at]?.workdir ?? null, join(install.directory, 'package.json'));
  const origins = steps
    .slice(0, at)
    .flatMap(({ sources }) => sources.flatMap((source) => (manifest && originOf(manifest, source)) ?? []));
  const texts = origins.map((origin) => input.contextText?.(origin) ?? null);
  return texts.length > 0 && texts.every((text) => !hasLifecycleScripts(text) && !text?.includes('"workspaces"'));
}
