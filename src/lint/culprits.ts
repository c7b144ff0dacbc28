// Sources that stand above an install which does not need them: COPY, ADD and mounts, and the RUNs that they break. Three
// rules report them, each its own part: copy-before-install, system-packages-after-copy and bind-whole-context.
import { basename, dirname, isAbsolute, join, relative } from 'node:path/posix';
import type { ShellCommand } from '../dockerfile/commands.ts';
import type { Range } from '../dockerfile/dockerfile.ts';
import { copied } from '../dockerfile/files.ts';
import { changeDirectory } from '../dockerfile/workdir.ts';
import { type Install, installOf, isSetup, isSystem, type Manager, mayPrepare } from './installs.ts';
import type { LintInput, RuleFinding } from './lint.ts';
import { lowered } from './lowering.ts';
import { isNode, manifestsOf, needsOf, pickManifest } from './manifests.ts';
import {
  type Broken,
  type Culprit,
  type Found,
  isUsedWhereItIs,
  type Manifest,
  narrowMount,
  reorder,
} from './reorder.ts';
import { originOf, type Source } from './sources.ts';
import { remembering } from './steps.ts';
import { systemAction } from './system-packages.ts';
import { list, shortened, unique } from './texts.ts';
import { inheritedSteps, type Step, stepsOf } from './walk.ts';

/** The sources of a file that break installs, with what they break. */
export const culpritsOf = remembering((input: LintInput): readonly Culprit[] => {
  const { dockerfile } = input;
  const culprits = new Map<Range, Culprit>();
  let comparisons = 0;
  const mayCompare = (sources: number): boolean => {
    comparisons += sources;
    return comparisons <= MOST_COMPARISONS;
  };
  for (const [stage, steps] of stepsOf(dockerfile)) {
    if (!steps.some(({ commands }) => commands.some(installOf))) continue;
    // The nearest first.
    const above = inheritedSteps(dockerfile, stage, FARTHEST)
      .map((step) => seen(step, input))
      .reverse();
    for (const step of steps) {
      findCulprits(step, above, input, culprits, mayCompare);
      above.unshift(seen(step, input));
      above.length = Math.min(above.length, FARTHEST);
    }
  }
  return merged([...culprits.values()]);
});

/**
 * COPYs above the same installs as one culprit, that of the first: they have one remedy, and only together is it right,
 * since one may bring what another's installs need.
 */
function merged(culprits: readonly Culprit[]): Culprit[] {
  const kept: Culprit[] = [];
  for (const culprit of culprits.toSorted((a, b) => a.range.start.line - b.range.start.line)) {
    const runs = culprit.broken.map(({ step }) => step);
    const first = kept.find(
      (other) =>
        other.step.stage === culprit.step.stage &&
        !isMount(other) &&
        !isMount(culprit) &&
        runs.every((run) => other.broken.some(({ step }) => step === run)),
    );
    if (first === undefined) {
      kept.push(culprit);
      continue;
    }
    first.sources = [...first.sources, ...culprit.sources];
    first.also.push(culprit.range);
    for (const entry of culprit.broken) {
      const known = first.broken.find(({ step }) => step === entry.step);
      known?.manifests.push(...entry.manifests);
      known?.hints.push(...entry.hints);
      known?.reads.push(...entry.reads);
      if (known) known.sure &&= entry.sure;
    }
  }
  return kept;
}

/** Whether the culprit is a mount of a RUN; else it is a COPY or ADD above others. */
export function isMount({ step }: Culprit): boolean {
  return step.instruction.keyword === 'RUN';
}

/** Whether it breaks no install but those of the system's packages. */
export function breaksSystemOnly({ broken }: Culprit): boolean {
  return broken.every(({ installs }) => installs.every(({ install }) => isSystem(install)));
}

// What no Dockerfile reaches: how often a source is held against an install.
const MOST_COMPARISONS = 300_000;

// No Dockerfile has so many instructions between a COPY and an install, or mounts for one; a file that was made to hang
// linters may.
const FARTHEST = 100;

/** What the search asks of each step again and again. */
interface Seen {
  step: Step;
  /** The manifests that it installs: the manager, and where they lie in the image. */
  installed: { manager: Manager; files: readonly string[] }[];
  /** Whether it may prepare an install of the system's packages, or of the project's. */
  preparesSystem: boolean;
  preparesProject: boolean;
}

function seen(step: Step, input: LintInput): Seen {
  const { commands, workdir } = step;
  return {
    step,
    installed: commands.flatMap((command) => {
      const install = installOf(command);
      const files = install && filesOf(install, workdir, [], input);
      return install && files && files.length > 0 ? [{ manager: install.manager, files }] : [];
    }),
    preparesSystem: commands.some((command) => mayPrepare(command, true)),
    preparesProject: commands.some((command) => mayPrepare(command, false)),
  };
}

/** Looks up the path from a RUN: what do its installs stand below that they do not need? `above` begins with the nearest. */
function findCulprits(
  step: Step,
  above: readonly Seen[],
  input: LintInput,
  culprits: Map<Range, Culprit>,
  mayCompare: (sources: number) => boolean,
): void {
  const installs = leadingInstalls(step);
  if (installs.length === 0 || step.mounted.length > FARTHEST) return;
  const manifests = installs.map(({ install }) => ({
    install,
    files: filesOf(install, step.workdir, [], input) ?? [],
  }));
  if (above.some((earlier) => manifests.every(({ install, files }) => repeats(install, files, earlier)))) return;
  const everything = [...step.mounted, ...above.flatMap((earlier) => earlier.step.sources)];
  const accuse = (culprit: Step, sources: readonly Source[], range: Range, between: () => Step[]): void => {
    if (!mayCompare(installs.length * everything.length)) return;
    const verdicts = installs.map(({ install }) => judge(sources, range, install, step, everything, input));
    // Those in front of the first that has to stay; a mount is there for all of the RUN.
    const staying = verdicts.indexOf(null);
    if (staying === 0 || (staying > 0 && culprit === step)) return;
    const moving = verdicts.slice(0, staying < 0 ? undefined : staying).filter((verdict) => verdict !== null);
    const moved = installs.slice(0, moving.length).map((found, at) => ({ ...found, apart: moving[at]?.apart ?? '' }));
    if (culprit === step && moved.some(({ apart }) => apart !== '')) return;
    const entry = culprits.get(range) ?? { step: culprit, sources, range, also: [], broken: [] };
    entry.broken.push({
      step,
      installs: moved,
      spokesman: spokesmanOf(moved),
      between: between(),
      sure: moving.every(({ sure, apart }) => sure && apart === ''),
      manifests: moving.flatMap(({ manifests }) => manifests),
      hints: moving.flatMap(({ hints }) => hints),
      reads: moving.flatMap(({ reads }) => reads),
    });
    culprits.set(range, entry);
  };
  // A RUN that goes on to build needs its mount.
  if (step.commands.every(isSetup)) {
    for (const source of step.mounted) if (source.path === '') accuse(step, [source], source.range, () => []);
  }
  const project = installs.some(({ install }) => !isSystem(install));
  for (const [index, { step: earlier, preparesProject, preparesSystem }] of above.entries()) {
    const { sources, instruction } = earlier;
    const between = (): Step[] => above.slice(0, index).map((other) => other.step);
    if (sources.some(isBroad)) accuse(earlier, sources, instruction.range, () => between().reverse());
    if (project ? preparesProject : preparesSystem) return;
  }
}

/** Of several installs, one that reads manifests says more than one that reads nothing. */
function spokesmanOf(installs: readonly Found[]): Found {
  const [first] = installs;
  if (first === undefined) throw new Error('no install');
  return installs.find(readsFiles) ?? first;
}

/** Whether it is surely a directory of the build context: its content changes with the source. */
function isBroad({ context, directory }: Source): boolean {
  return context && directory;
}

/** The installs of a RUN in front of the first command that may use the source. */
function leadingInstalls({ commands }: Step): Found[] {
  const end = commands.findIndex((command) => !isSetup(command));
  // Packages that the same layer removes again cannot be installed in another.
  const removes = commands.some(removesPackages);
  return commands.slice(0, end < 0 ? undefined : end).flatMap((command) => {
    const install = installOf(command);
    return install === null || (removes && isSystem(install)) ? [] : [{ command, install, apart: '' }];
  });
}

function removesPackages(command: ShellCommand): boolean {
  const action = systemAction(command);
  return (
    action !== null && action.packages.length > 0 && /\b(purge|remove|autoremove|del|erase|rm)$/.test(action.label)
  );
}

/** Whether an earlier step has installed the same manifests. */
function repeats({ manager }: Install, files: readonly string[], { installed }: Seen): boolean {
  return (
    files.length > 0 &&
    installed.some((before) => before.manager === manager && files.every((file) => before.files.includes(file)))
  );
}

/** The manifests that the install names or looks for, as places in the image; null where that cannot be known. */
function filesOf(
  install: Install,
  workdir: string | null,
  sources: readonly Source[],
  input: LintInput,
): string[] | null {
  const { directory } = install;
  const here = directory === null ? null : changeDirectory(workdir, directory);
  const paths = manifestsOf(install).map((alternatives) => {
    const [first = ''] = alternatives;
    const place = changeDirectory(here, first);
    if (place === null || alternatives.length === 1) return place;
    const origin = firstOrigin(place, sources);
    return join(dirname(place), origin === null ? first : pickManifest(alternatives, dirname(origin), input));
  });
  return paths.includes(null) ? null : paths.filter((path) => path !== null);
}

type Verdict = Pick<Broken, 'sure' | 'manifests' | 'hints' | 'reads'> & Pick<Found, 'apart'>;

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
  if (isSystem(install)) {
    return broad.some((source) => mayFeedSystem(source, input))
      ? null
      : { sure: all, manifests: [], hints: [], reads: [], apart: '' };
  }
  const files = filesOf(install, step.workdir, broad, input);
  if (files === null) return null;
  const elsewhere = (file: string, source: Source): boolean => source.range !== range && brings(source, file, input);
  // The manifests that these sources bring, and where they lie in the context.
  const brought: { file: string; origin: string }[] = [];
  for (const file of files) {
    const origin = firstOrigin(file, broad);
    const named = isNode(install) && install.packages.length > 0;
    if (origin !== null && input.contextHas(origin) !== false) brought.push({ file, origin });
    // A package that is named on the line needs no package.json; everything else has to come from somewhere.
    else if (!(origin !== null && named) && !everything.some((source) => elsewhere(file, source))) return null;
  }
  const directories = unique(brought.map(({ origin }) => dirname(origin)));
  // npm compiles a package that has this file.
  if (isNode(install) && directories.some((directory) => input.contextHas(join(directory, 'binding.gyp')) === true)) {
    return null;
  }
  if (!all) {
    if (directories.some((directory) => MANIFEST_DIRECTORY.test(basename(directory)))) return null;
    const apart = files.length > 0 && brought.length === 0;
    if (apart && !broad.every((source) => isPlainSource(source, input))) return null;
  }
  const needs = brought.map(({ file, origin }) => ({ file, origin, needs: needsOf(install, origin, input) }));
  const known = brought.length === files.length && brought.every(({ origin }) => input.contextHas(origin) === true);
  const scriptless = isNode(install) && !install.runsScripts;
  const narrow = everything.filter((source) => source.range !== range && !isBroad(source));
  const verdict: Verdict = { sure: all && (known || scriptless), manifests: [], hints: [], reads: [], apart: '' };
  for (const { file, origin, needs: needed } of needs) {
    if (needed === null) return null;
    verdict.manifests.push(...manifestsAt(file, origin, needed.files, install, narrow, input));
    verdict.hints.push(...needed.hints);
    verdict.reads.push(...needed.files);
    verdict.apart = needed.apart;
  }
  verdict.sure &&= verdict.hints.length === 0;
  return verdict;
}

// A directory that holds what an install reads, and no source.
const MANIFEST_DIRECTORY = /^(requirements|reqs?|deps|dependencies|constraints|wheels|wheelhouse|vendor|pip|docker)$/;
// Directories of source, of assets or of texts, in which no local dependency lives.
const PLAIN_SOURCE =
  /^(assets|components|css|docs?|html|pages|public|source|spec|src|static|styles|templates|tests?|views|www)$/;

function isPlainSource({ path }: Source, { contextHas }: LintInput): boolean {
  return path === '' || (PLAIN_SOURCE.test(basename(path)) && contextHas(join(path, 'package.json')) !== true);
}

/** Package managers of the system read their lists, keys and settings below /etc, /usr/share and /usr/local/share. */
export function mayFeedSystem({ path, to }: Source, { contextHas }: LintInput): boolean {
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

// What a manager reads as a whole; everything else that needsOf() names is a file.
const READ_WHOLE = /(^|\/)(\.yarn\/\w+|\.mvn|gradle)$/;

/** What to copy ahead for the manifest `file`, of the context's `paths`, unless narrow sources bring it. */
function manifestsAt(
  file: string,
  origin: string,
  paths: readonly string[],
  { manager }: Install,
  narrow: readonly Source[],
  input: LintInput,
): Manifest[] {
  const from = dirname(origin);
  const isThere = (name: string): boolean => narrow.some((source) => brings(source, name, input));
  // A requirements file often reads its neighbours.
  if (manager === 'pip' && (input.contextText?.(origin) ?? null) === null && MANIFEST_DIRECTORY.test(basename(from))) {
    return isThere(file) ? [] : [{ path: `${from}/`, to: dirname(file) }];
  }
  return paths.flatMap((path) => {
    const place = join(dirname(file), relative(join('/', from), join('/', path)));
    if (isThere(place) || place.startsWith('..')) return [];
    return READ_WHOLE.test(path) ? [{ path: `${path}/`, to: place }] : [{ path, to: dirname(place) }];
  });
}

// More than so many are counted.
const MOST_NAMES = 4;

/** The finding for a culprit; `all` are those of the file. */
export function reportCulprit(culprit: Culprit, all: readonly Culprit[], input: LintInput): RuleFinding {
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
  const cause =
    keyword === 'RUN'
      ? 'this RUN mounts them, and a step runs again when what it mounts has changed'
      : `this ${keyword} stands above, and what stands below a changed step runs again`;
  const names = unique(broken.flatMap(({ manifests }) => manifests.map(({ path }) => path)));
  const needs =
    names.length > 0
      ? `only ${list(shortened(names, MOST_NAMES), 'and')}`
      : installs.some(readsFiles)
        ? 'only the manifests that other lines bring'
        : 'none of them';
  const apart = broken.some((entry) => entry.installs.some((found) => found.apart !== ''));
  const subject = apart ? 'The dependencies need' : broken.length === 1 ? 'The install needs' : 'The installs need';
  return {
    range,
    confidence: broken.some(({ sure }) => sure) && !isUsedWhereItIs(culprit) ? 'high' : 'medium',
    message: `Every change to ${what} re-runs ${list(shortened(runs, MOST_NAMES), 'and')}: ${cause}. ${subject} ${needs}.`,
    remedy: keyword === 'RUN' ? narrowMount(culprit) : reorder(culprit, staying(culprit, all, input)),
    related: [
      ...installs.map(({ install, command }) => ({
        range: command.range,
        message: `\`${install.label}\` runs again with every such change`,
      })),
      ...culprit.also.map((range) => ({ range, message: 'stands above as well' })),
    ],
    fix: keyword === 'RUN' ? undefined : lowered(culprit, input),
  };
}

/** The COPYs that stay below the install: all that break one, and those in between that packages of the system do not use. */
function staying(culprit: Culprit, all: readonly Culprit[], input: LintInput): ReadonlySet<Range> {
  const between = breaksSystemOnly(culprit) ? culprit.broken.flatMap((entry) => entry.between) : [];
  // A WORKDIR goes above the install, and another place would be meant below it.
  const moves = between.some(({ instruction }) => instruction.keyword === 'WORKDIR');
  const idle = between.filter(
    ({ sources, instruction }) =>
      copied(instruction)?.sources.length === sources.length &&
      !sources.some((source) => mayFeedSystem(source, input) || (moves && !isAbsolute(source.destination))),
  );
  return new Set([
    ...all.flatMap(({ range, also }) => [range, ...also]),
    ...idle.map(({ instruction }) => instruction.range),
  ]);
}

function readsFiles({ install }: Found): boolean {
  return install.files.length > 0 || (manifestsOf(install).length > 0 && install.packages.length === 0);
}
