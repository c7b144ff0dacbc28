// Files that most commits change, copied above an install that does not read them. Which ones change is read from the
// history of the repository, so that nothing is guessed from names.
//
// Not flagged, on purpose:
// - Without a history, or with a short one, as a shallow clone has: nothing is known then.
// - COPY of the whole context, and of directories that copy-before-install or system-packages-after-copy report.
// - What the install reads or may read: manifests, lock files, settings, what those name, and everything where it installs
//   the project itself or the manifest is not known.
// - A RUN that goes on to build, and files above one that may use them.
// - A COPY beside which others change as often: to move it would gain nothing.
import { basename, dirname, join } from 'node:path/posix';
import { copied } from '../../dockerfile/files.ts';
import { changeDirectory } from '../../dockerfile/workdir.ts';
import { namedRuns } from '../cost.ts';
import { culpritsOf, mayFeedSystem } from '../culprits.ts';
import { type Install, installOf, isSetup, isSystem } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { isNode, manifestsOf, needsOf, pickManifest } from '../manifests.ts';
import { flagsOf } from '../paste.ts';
import { isCode, matchesPattern, originOf, pathWithin, type Source } from '../sources.ts';
import { quoted } from '../texts.ts';
import { inheritedSteps, type Step, stepsOf } from '../walk.ts';

export const volatileFilesCopiedEarly: Rule = {
  id: 'volatile-files-copied-early',
  severity: 'warning',
  summary: 'Files that most commits change are copied above an install that does not read them.',
  check(input) {
    const told = new Set(culpritsOf(input).flatMap(({ range, also }) => [range, ...also]));
    const candidates = [...stepsOf(input.dockerfile)].flatMap(([stage, steps]) =>
      steps.flatMap((step, at) => {
        const installs = installsOf(step);
        if (installs.length === 0) return [];
        const near = steps.slice(Math.max(0, at - FARTHEST), at);
        const above = [...inheritedSteps(input.dockerfile, stage, FARTHEST - near.length), ...near];
        const copies = movable(step, installs, above, told, input);
        return copies.length > 0 ? [{ step, above, copies }] : [];
      }),
    );
    // Only now: asking may start a program.
    const commits = candidates.length > 0 ? (input.recentChanges?.() ?? []) : [];
    return commits.length < FEWEST_COMMITS ? [] : reports(candidates, commits, input);
  },
};

const FEWEST_COMMITS = 20;
// Below this share of the commits, a file is as good as any other, and moving it gains too little to tell.
const OFTEN = 0.25;
// No Dockerfile has so many instructions between a COPY and an install; a file that was made to hang linters may.
const FARTHEST = 100;

/** A COPY or ADD, and those of its sources that an install below it does not read. */
interface Movable {
  step: Step;
  sources: Source[];
}

/** A RUN that installs, with what stands above it. */
interface Candidate {
  step: Step;
  above: readonly Step[];
  copies: Movable[];
}

/** The installs of a RUN that does nothing else; of any other nobody can tell what it reads. */
function installsOf(step: Step): Install[] {
  return mayUseFiles(step) ? [] : step.commands.flatMap((command) => installOf(command) ?? []);
}

/** Whether a RUN may use files that were copied above it, or prepare an install with them. Owners and modes are of files too. */
function mayUseFiles({ commands }: Step): boolean {
  return commands.some((command) => !isSetup(command) || /^ch(own|mod|grp)$/.test(command.words[0] ?? ''));
}

function movable(
  run: Step,
  installs: readonly Install[],
  above: readonly Step[],
  told: ReadonlySet<Source['range']>,
  input: LintInput,
): Movable[] {
  const everything = above.flatMap(({ sources }) => sources);
  // All of the context changes with every commit, whatever else is moved.
  if (everything.some(({ context, path }) => context && path === '')) return [];
  const reads = installs.map((install) => readsOf(install, run, everything, input));
  const found: Movable[] = [];
  for (const step of above.toReversed()) {
    if (step.stage !== run.stage || mayUseFiles(step)) break;
    const { sources, instruction } = step;
    if (told.has(instruction.range) || copied(instruction)?.sources.length !== sources.length) continue;
    const free = sources.filter(
      (source) =>
        source.context &&
        !run.instruction.text.includes(basename(source.path)) &&
        reads.every((isRead) => !isRead(source)) &&
        // system-packages-after-copy tells of these.
        !(installs.every(isSystem) && isCode(source)),
    );
    if (free.length > 0) found.push({ step, sources: free });
  }
  return found.reverse();
}

/** Tells whether the install reads a source, or may. */
function readsOf(
  install: Install,
  { workdir }: Step,
  everything: readonly Source[],
  input: LintInput,
): (source: Source) => boolean {
  if (isSystem(install)) return (source) => mayFeedSystem(source, input);
  const here = install.directory === null ? null : changeDirectory(workdir, install.directory);
  const alternatives = manifestsOf(install);
  // Named packages, and nothing of the project.
  if (alternatives.length === 0) return () => false;
  const paths: string[] = [];
  const texts: string[] = [];
  for (const names of alternatives) {
    const place = here === null ? null : changeDirectory(here, pickManifest(names, '', input));
    const origin = everything.map((source) => place && source.context && originOf(place, source)).find(Boolean);
    const needs = origin && input.contextHas(origin) === true ? needsOf(install, origin, input) : null;
    if (!origin || needs === null || needs.apart !== '') return () => true;
    paths.push(...needs.files, ...needs.hints, join(dirname(origin), pickManifest(names, dirname(origin), input)));
    texts.push(input.contextText?.(origin) ?? '');
  }
  const named = (path: string): boolean => !isNode(install) && texts.some((text) => text.includes(basename(path)));
  return (source) =>
    paths.some((path) => covers(source, path) || pathWithin(path, source.path) !== null) || named(source.path);
}

/** Whether the source takes that file of the context. */
function covers({ path }: Source, file: string): boolean {
  if (pathWithin(path, file) !== null) return true;
  return dirname(path) === dirname(file) && matchesPattern(basename(file), basename(path));
}

function reports(candidates: readonly Candidate[], commits: readonly (readonly string[])[], input: LintInput) {
  const seen = new Map<string, boolean>();
  const isThere = (file: string): boolean => {
    const known = seen.get(file) ?? input.contextHas(file) === true;
    seen.set(file, known);
    return known;
  };
  const present = commits.map((files) => files.filter(isThere));
  const counted = new Map<string, ReadonlySet<number>>();
  /** The commits that change the source, by number. */
  const changesOf = (source: Source): ReadonlySet<number> => {
    const known =
      counted.get(source.path) ??
      new Set(present.flatMap((files, at) => (files.some((file) => covers(source, file)) ? [at] : [])));
    counted.set(source.path, known);
    return known;
  };
  const often = OFTEN * commits.length;
  const found = new Map<Step, { sources: Source[]; gained: number; runs: Step[] }>();
  for (const { step, above, copies } of candidates) {
    const frequent = copies
      .map((copy) => ({ ...copy, sources: copy.sources.filter((source) => changesOf(source).size >= often) }))
      .filter(({ sources }) => sources.length > 0);
    const moved = new Set(frequent.flatMap(({ sources }) => sources));
    const staying = above.flatMap(({ sources }) => sources).filter((source) => source.context && !moved.has(source));
    const anyway = new Set(staying.flatMap((source) => [...changesOf(source)]));
    for (const { step: copy, sources } of frequent) {
      const gained = new Set(sources.flatMap((source) => [...changesOf(source)].filter((at) => !anyway.has(at)))).size;
      if (gained < often) continue;
      const entry = found.get(copy) ?? { sources, gained, runs: [] };
      // Below the last RUN is what they have in common.
      entry.sources = entry.sources.filter((source) => sources.includes(source));
      entry.gained = Math.min(entry.gained, gained);
      entry.runs.push(step);
      found.set(copy, entry);
    }
  }
  return [...found]
    .filter(([, { sources }]) => sources.length > 0)
    .map(([copy, { sources, gained, runs }]) =>
      report(copy, sources, runs, Math.max(...sources.map((source) => changesOf(source).size)), gained, commits.length),
    );
}

function report(
  step: Step,
  sources: readonly Source[],
  runs: readonly Step[],
  changed: number,
  gained: number,
  commits: number,
): RuleFinding {
  const files = quoted(
    sources.map(({ path }) => path),
    'and',
  );
  const { instruction: copy } = step;
  const instructions = runs.map(({ instruction }) => instruction);
  const several = sources.length > 1;
  const apart = gained === changed ? '' : `; ${gained} of them changed nothing that has to stay above`;
  return {
    range: copy.range,
    confidence: 'high',
    message: `${changed} of the last ${commits} commits changed ${files}${apart}. Each change re-runs ${namedRuns(instructions)}, which ${runs.length > 1 ? 'do' : 'does'} not read ${several ? 'them' : 'it'}: this ${copy.keyword} stands above.`,
    remedy: remedy(step, sources, runs.at(-1) ?? step, several ? 'them' : 'it'),
    related: instructions.map(({ range }) => ({ range, message: 'runs again with every such change' })),
  };
}

function remedy({ instruction: copy, workdir }: Step, sources: readonly Source[], last: Step, them: string): string {
  const words = copied(copy)?.sources.map(({ text }) => text) ?? [];
  const paths = new Set(sources.map(({ path }) => path));
  const isMoved = (word: string): boolean => paths.has(join('/', word).slice(1).replace(/\/$/, ''));
  const staying = words.filter((word) => !isMoved(word));
  const destination = copied(copy)?.destination.text ?? '';
  const line = (names: readonly string[], to: string): string =>
    `${copy.keyword} ${flagsOf(copy)}${[...names, to].join(' ')}`;
  // A WORKDIR in between would take it elsewhere.
  const place = workdir === last.workdir ? destination : destination.replace(/^(?![/$])(\.\/)?/, `${workdir}/`);
  const below = [`below line ${last.instruction.range.end.line}:`, line(words.filter(isMoved), place)];
  const out = `If the image does not need ${them}, leave ${them} out.`;
  if (staying.length === 0) return [`Move this ${copy.keyword} ${below.join('\n')}`, out].join('\n');
  return ['Write in its place:', line(staying, destination), `and ${below.join('\n')}`, out].join('\n');
}
