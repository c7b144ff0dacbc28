// COPY of the source above an install that needs only its manifests: npm, pip and apt.
//
// Not flagged, on purpose:
// - COPY --from: it is keyed by the files that it takes out of a stage, and those are no source.
// - COPY of single files, of heredocs, with --exclude or --parents: narrow, or too hard to tell.
// - A directory that may be what the install reads: for apt one that lands where apt looks, for npm and pip one whose
//   name does not say that it is source, unless the manifests lie in it.
// - Installs from local paths, of workspaces (-w) or with computed arguments: they read files that nobody can name.
// - An install behind a command that may have prepared it (`./configure && npm ci`, `RUN ./add-repository.sh`): above
//   the COPY it would fail.
// - A second install of the same manifests (`npm ci --omit=dev` behind the build): the first is the expensive one.
import { basename, dirname, join } from 'node:path/posix';
import { type ShellCommand, shellCommands } from '../../dockerfile/commands.ts';
import type { Instruction, Range } from '../../dockerfile/dockerfile.ts';
import { changeDirectory, places } from '../../dockerfile/workdir.ts';
import { type Install, installOf, isSetup, mayPrepare } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import {
  type Broken,
  type Culprit,
  type Found,
  isUsedWhereItIs,
  list,
  type Manifest,
  narrowMount,
  reorder,
  type Step,
  unique,
} from '../reorder.ts';
import { mountedSources, originOf, type Source, sourcesOf } from '../sources.ts';

export const copyBeforeInstall: Rule = {
  id: 'copy-before-install',
  severity: 'warning',
  summary: 'The source is copied above an install that needs only its manifests, so every change installs again.',
  check,
};

function check(input: LintInput): RuleFinding[] {
  const { stages, escape: escapeToken } = input.dockerfile;
  const culprits = new Map<Range, Culprit>();
  for (const stage of stages) {
    const own = [...stage.triggers, ...stage.instructions];
    if (!own.some((instruction) => commandsOf(instruction).some(installOf))) continue;
    const path: Step[] = [];
    for (const placed of places(input.dockerfile, stage)) {
      const { instruction, workdir } = placed;
      const sources = sourcesOf(placed, escapeToken);
      const mounted = mountedSources(placed, escapeToken);
      const step = { stage: placed.stage, instruction, sources, mounted, commands: commandsOf(instruction), workdir };
      if (placed.stage === stage) findCulprits(step, path, input, culprits);
      path.push(step);
    }
  }
  return [...culprits.values()].map((culprit) => report(culprit, culprits));
}

function commandsOf(instruction: Instruction): ShellCommand[] {
  return instruction.keyword === 'RUN' ? shellCommands(instruction) : [];
}

// No Dockerfile has so many instructions between a COPY and an install; a file that was made to hang linters may.
const FARTHEST = 100;

/** Looks up the path from a RUN: what do its installs stand below that they do not need? */
function findCulprits(step: Step, path: readonly Step[], input: LintInput, culprits: Map<Range, Culprit>): void {
  const installs = leadingInstalls(step);
  // Of several installs, one that reads manifests says more than one that reads nothing.
  const spokesman = installs.find(readsFiles) ?? installs[0];
  if (spokesman === undefined) return;
  const above = path.slice(-FARTHEST).reverse();
  if (above.some((earlier) => installs.every(({ install }) => repeats(install, step, earlier)))) return;
  const everything = [...step.mounted, ...above.flatMap(({ sources }) => sources)];
  const accuse = (culprit: Step, sources: readonly Source[], range: Range, between: () => Step[]): void => {
    const verdicts = installs.flatMap(({ install }) => judge(sources, range, install, step, everything, input) ?? []);
    // Either all of them can move, or none.
    if (verdicts.length < installs.length) return;
    const entry = culprits.get(range) ?? { step: culprit, sources, range, broken: [] };
    entry.broken.push({
      step,
      installs,
      spokesman,
      between: between(),
      sure: verdicts.every(({ sure }) => sure),
      manifests: verdicts.flatMap(({ manifests }) => manifests),
      hints: verdicts.flatMap(({ hints }) => hints),
    });
    culprits.set(range, entry);
  };
  // A RUN that goes on to build needs its mount.
  if (step.commands.every(isSetup)) {
    for (const source of step.mounted) if (source.path === '') accuse(step, [source], source.range, () => []);
  }
  const prepares = (command: ShellCommand): boolean =>
    installs.some(({ install }) => mayPrepare(command, install.manager));
  for (const [index, earlier] of above.entries()) {
    const { sources, instruction, commands } = earlier;
    if (sources.some(isBroad)) accuse(earlier, sources, instruction.range, () => above.slice(0, index).reverse());
    if (commands.some(prepares)) return;
  }
}

function isBroad({ context, directory }: Source): boolean {
  return context && directory;
}

/** The installs of a RUN in front of the first command that may use the source. */
function leadingInstalls({ commands }: Step): Found[] {
  const end = commands.findIndex((command) => !isSetup(command));
  return commands.slice(0, end < 0 ? undefined : end).flatMap((command) => {
    const install = installOf(command);
    return install === null ? [] : [{ command, install }];
  });
}

/** Whether an earlier step has installed the same manifests. */
function repeats(install: Install, step: Step, earlier: Step): boolean {
  const files = install.manager === 'apt' ? [] : (filesOf(install, step.workdir) ?? []);
  return earlier.commands.some((command) => {
    const before = installOf(command);
    if (before?.manager !== install.manager || files.length === 0) return false;
    const installed = filesOf(before, earlier.workdir);
    return files.every((file) => installed?.includes(file));
  });
}

/** The manifests that the install names or looks for, as places in the image; null where that cannot be known. */
function filesOf({ manager, directory, files }: Install, workdir: string | null): string[] | null {
  const names = manager === 'npm' ? ['package.json'] : files;
  const here = directory === null ? null : changeDirectory(workdir, directory);
  const paths = names.map((name) => changeDirectory(here, name));
  return paths.includes(null) ? null : paths.filter((path) => path !== null);
}

type Verdict = Pick<Broken, 'sure' | 'manifests' | 'hints'>;

/**
 * Whether the install could do without the sources of one instruction (`range`): with what manifests, and how sure that
 * is. Null if it could not, or nobody can tell. `everything` is all that is brought above the install.
 */
function judge(
  sources: readonly Source[],
  range: Range,
  install: Install,
  step: Step,
  everything: readonly Source[],
  input: LintInput,
): Verdict | null {
  const broad = sources.filter(isBroad);
  const all = broad.some(({ path }) => path === '');
  if (install.manager === 'apt') {
    return broad.some((source) => mayFeedApt(source, input)) ? null : { sure: all, manifests: [], hints: [] };
  }
  const files = filesOf(install, step.workdir);
  if (files === null) return null;
  const elsewhere = (file: string, source: Source): boolean => source.range !== range && brings(source, file, input);
  // The manifests that these sources bring, and where they lie in the context.
  const brought: { file: string; origin: string }[] = [];
  for (const file of files) {
    const origin = firstOrigin(file, broad);
    const named = install.manager === 'npm' && install.packages.length > 0;
    if (origin !== null && input.contextHas(origin) !== false) brought.push({ file, origin });
    // A package that is named on the line needs no package.json; everything else has to come from somewhere.
    else if (!(origin !== null && named) && !everything.some((source) => elsewhere(file, source))) return null;
  }
  const directories = unique(brought.map(({ origin }) => dirname(origin)));
  // npm compiles a package that has this file.
  if (directories.some((directory) => input.contextHas(join(directory, 'binding.gyp')) === true)) return null;
  if (!all) {
    if (directories.some((directory) => MANIFEST_DIRECTORY.test(basename(directory)))) return null;
    const apart = files.length > 0 && brought.length === 0;
    if (apart && !broad.every((source) => isPlainSource(source, input))) return null;
  }
  const hints = directories.flatMap((directory) => hintsIn(directory, install, input));
  const known = brought.length === files.length && brought.every(({ origin }) => input.contextHas(origin) === true);
  const scriptless = install.manager === 'npm' && !install.runsScripts;
  const narrow = everything.filter((source) => source.range !== range && !isBroad(source));
  return {
    sure: all && hints.length === 0 && (known || scriptless),
    manifests: brought.flatMap(({ file, origin }) => manifestsAt(file, origin, install, narrow, input)),
    hints,
  };
}

// A directory that holds what an install reads, and no source.
const MANIFEST_DIRECTORY = /^(requirements|reqs?|deps|dependencies|constraints|wheels|wheelhouse|vendor|pip|docker)$/;
// Directories of source, of assets or of texts, in which no local dependency lives.
const PLAIN_SOURCE =
  /^(assets|components|css|docs?|html|pages|public|source|spec|src|static|styles|templates|tests?|views|www)$/;
// Signs that the install reads more than the manifests: patches, schemas and workspaces; a package that is the project.
const HINTS = {
  npm: ['patches', 'prisma', 'packages', '.husky'],
  pip: ['setup.py', 'pyproject.toml'],
  apt: [],
} as const;

function hintsIn(directory: string, { manager, runsScripts }: Install, { contextHas }: LintInput): string[] {
  if (manager === 'npm' && !runsScripts) return [];
  return HINTS[manager].map((name) => join(directory, name)).filter((path) => contextHas(path) === true);
}

function isPlainSource({ path }: Source, { contextHas }: LintInput): boolean {
  return path === '' || (PLAIN_SOURCE.test(basename(path)) && contextHas(join(path, 'package.json')) !== true);
}

/** apt reads its lists, keys and settings below /etc, /usr/share and /usr/local/share. */
function mayFeedApt({ path, to }: Source, { contextHas }: LintInput): boolean {
  if (to === '/' || to === '.') return path !== '' || contextHas('etc') === true || contextHas('usr') === true;
  return /^\/(etc|usr|usr\/(local\/)?share|var)(\/|$)/.test(to) && !/^\/(usr\/(share\/nginx|src)|var\/www)/.test(to);
}

function firstOrigin(file: string, sources: readonly Source[]): string | null {
  return sources.map((source) => originOf(file, source)).find((origin) => origin !== null) ?? null;
}

/** Whether the source surely or probably brings the file. */
function brings(source: Source, file: string, { contextHas }: LintInput): boolean {
  const origin = originOf(file, source);
  return origin !== null && !(source.context && contextHas(origin) === false);
}

/**
 * What to copy ahead for the manifest, unless narrow sources bring it: what npm reads beside package.json, or the
 * directory of a requirements file.
 */
function manifestsAt(
  file: string,
  origin: string,
  { manager }: Install,
  narrow: readonly Source[],
  input: LintInput,
): Manifest[] {
  const from = dirname(origin);
  const to = dirname(file);
  const isThere = (name: string): boolean => narrow.some((source) => brings(source, join(to, name), input));
  if (manager === 'npm' && input.contextHas(origin) === true) {
    return ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', '.npmrc']
      .filter((name) => input.contextHas(join(from, name)) === true && !isThere(name))
      .map((name) => ({ path: join(from, name), to }));
  }
  if (isThere(basename(file))) return [];
  if (manager === 'npm') return [{ path: join(from, 'package*.json'), to }];
  // A requirements file often reads its neighbours.
  return [{ path: MANIFEST_DIRECTORY.test(basename(from)) ? `${from}/` : origin, to }];
}

function report(culprit: Culprit, culprits: ReadonlyMap<Range, Culprit>): RuleFinding {
  const { step, sources, range, broken } = culprit;
  const { keyword } = step.instruction;
  const directories = sources.filter(isBroad).map(({ path }) => path);
  const named = list(
    directories.map((path) => `\`${path}/\``),
    'or',
  );
  const what = directories.includes('') ? 'any file of the build context' : `any file in ${named}`;
  const installs = broken.map(({ spokesman }) => spokesman);
  const runs = installs.map(({ install, command }) => `\`${install.label}\` on line ${command.range.start.line}`);
  const shortened = runs.length > 4 ? [...runs.slice(0, 3), `${runs.length - 3} more`] : runs;
  const cause =
    keyword === 'RUN'
      ? 'this RUN mounts them, and a step runs again when what it mounts has changed'
      : `this ${keyword} stands above, and what stands below a changed step runs again`;
  const names = unique(broken.flatMap(({ manifests }) => manifests.map(({ path }) => path)));
  const needs =
    names.length > 0
      ? `only ${list(names, 'and')}`
      : installs.some(readsFiles)
        ? 'only the manifests that other lines bring'
        : 'none of them';
  const subject = broken.length === 1 ? 'The install needs' : 'The installs need';
  return {
    range,
    confidence: broken.some(({ sure }) => sure) && !isUsedWhereItIs(culprit) ? 'high' : 'medium',
    message: `Every change to ${what} re-runs ${list(shortened, 'and')}: ${cause}. ${subject} ${needs}.`,
    remedy: keyword === 'RUN' ? narrowMount(culprit) : reorder(culprit, culprits),
    related: installs.map(({ install, command }) => ({
      range: command.range,
      message: `\`${install.label}\` runs again with every such change`,
    })),
  };
}

function readsFiles({ install }: Found): boolean {
  return install.files.length > 0 || (install.manager === 'npm' && install.packages.length === 0);
}
