// An install of a project's packages without its lock file, although the build context has one.
//
// Not flagged, on purpose:
// - Where the context is not known, or has no lock file of that manager.
// - A lock file that may have come some other way: by a COPY with a variable, --parents or a name that mentions it, or by
//   a command that does.
// - Go, whose manifest names exact versions; go.sum holds their checksums.
// - An install that is told to do without (`--no-package-lock`, `--no-lockfile`), and one of named packages.
import { basename, dirname, join } from 'node:path/posix';
import type { Instruction, Stage } from '../../dockerfile/dockerfile.ts';
import { type Copied, copied, flagValue } from '../../dockerfile/files.ts';
import { changeDirectory } from '../../dockerfile/workdir.ts';
import { fix, replace } from '../edits.ts';
import type { Fix } from '../finding.ts';
import { type Install, installOf } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { LOCKS, locksOf, manifestsOf, pickManifest } from '../manifests.ts';
import { flagsOf } from '../paste.ts';
import { originOf, type Source } from '../sources.ts';
import { inheritedSteps, type Step, stepsOf } from '../walk.ts';

export const lockfileNotCopied: Rule = {
  id: 'lockfile-not-copied',
  severity: 'warning',
  summary: 'An install runs without the lock file, so that it takes whatever versions are the newest on that day.',
  check(input) {
    return [...stepsOf(input.dockerfile)].flatMap(([stage, steps]) => findingsIn(stage, steps, input));
  },
};

/** A COPY, ADD or mount, and what it brings. */
interface Bringer {
  instruction: Instruction;
  sources: readonly Source[];
}

// No Dockerfile brings its manifests from farther.
const FARTHEST = 200;

function findingsIn(stage: Stage, steps: readonly Step[], input: LintInput): RuleFinding[] {
  if (!steps.some((step) => locked(step).length > 0)) return [];
  const found: RuleFinding[] = [];
  const above: Bringer[] = [];
  const mentioned = new Set<string>();
  for (const step of [...inheritedSteps(input.dockerfile, stage, FARTHEST), ...steps]) {
    const { instruction, sources, mounted } = step;
    for (const name of LOCKS) if (instruction.text.includes(name)) mentioned.add(name);
    for (const { install, words } of step.stage === stage ? locked(step) : []) {
      if (words.some((word) => /^--no-(package-)?lock(file)?$/.test(word))) continue;
      const bringers = [...above.slice(-FARTHEST), { instruction, sources: mounted }];
      const finding = judge(install, step, bringers, mentioned, input);
      const told = found.find(({ range, remedy }) => range === finding?.range && remedy === finding.remedy);
      if (told) told.related.push(...(finding?.related ?? []));
      else if (finding !== null) found.push(finding);
    }
    // Who knows what it brings?
    if (sources.length < (copied(instruction)?.sources.length ?? 0)) return found;
    if (sources.length > 0) above.push({ instruction, sources });
  }
  return found;
}

/** The installs of an instruction that go by a lock file. */
function locked({ commands }: Step): { install: Install; words: string[] }[] {
  return commands.flatMap((command) => {
    const install = installOf(command);
    return install !== null && install.manager !== 'go' && install.packages.length === 0 && locksOf(install).length > 0
      ? [{ install, words: command.words }]
      : [];
  });
}

function judge(
  install: Install,
  { instruction, workdir }: Step,
  above: readonly Bringer[],
  mentioned: ReadonlySet<string>,
  input: LintInput,
): RuleFinding | null {
  const here = install.directory === null ? null : changeDirectory(workdir, install.directory);
  const [alternatives = []] = manifestsOf(install);
  if (here === null || alternatives.length === 0) return null;
  // The last that brings the manifest counts.
  for (const { instruction: bringer, sources } of above.toReversed()) {
    for (const source of sources) {
      const origin = source.context ? originOf(join(here, pickManifest(alternatives, '', input)), source) : null;
      if (origin === null || input.contextHas(origin) !== true) continue;
      const lock = locksOf(install).find((name) => input.contextHas(join(dirname(origin), name)) === true);
      if (lock === undefined || flagValue(bringer, 'parents') !== null) return null;
      const isThere = above.some((other) => other.sources.some((known) => originOf(join(here, lock), known) !== null));
      if (isThere || mentioned.has(lock)) return null;
      return report(install, instruction, bringer, origin, join(dirname(origin), lock));
    }
  }
  return null;
}

function report(install: Install, run: Instruction, bringer: Instruction, origin: string, lock: string): RuleFinding {
  const line = run.range.start.line;
  return {
    range: bringer.range,
    confidence: 'high',
    message: `\`${install.label}\` on line ${line} runs without \`${lock}\`: it takes the newest versions that \`${basename(origin)}\` allows on that day, and the layer keeps them until the manifest changes.`,
    remedy: `Bring the lock file along:\n${withLock(bringer, lock)}`,
    related: [{ range: run.range, message: `\`${install.label}\` does not see the lock file` }],
    fix: broughtAlong(install, bringer, lock),
  };
}

/**
 * The lock file in the COPY of the manifest. For npm only: others refuse to install when the lock file does not fit the
 * manifest or the platform, and then a build would begin to fail that has gone well without.
 */
function broughtAlong({ manager }: Install, bringer: Instruction, lock: string): Fix | undefined {
  const copy = copied(bringer);
  const last = copy?.sources.at(-1);
  if (manager !== 'npm' || !copy || !last || bringer.json !== null || bringer.heredocs.length > 0) return undefined;
  if (!/^[\w@%+=:,./-]+$/.test(lock)) return undefined;
  const { end } = last.range;
  const directory = directoryOf(copy);
  const { destination } = copy;
  // A directory would give back its own name to a file that takes another.
  const isNamed = directory !== destination.text && basename(last.text) !== basename(destination.text);
  if (isNamed && destination.text !== '.') return undefined;
  const other =
    directory === destination.text || destination.text === '.' ? [] : [replace(destination.range, directory)];
  return fix('Bring the lock file along.', replace({ start: end, end }, ` ${lock}`), other);
}

/** The directory that the files land in, written as one. */
function directoryOf({ sources, destination: { text } }: Copied): string {
  // A single file may have named its destination.
  const directory = /(^|\/)\.{0,2}$/.test(text) || sources.length > 1 ? text : dirname(text);
  return directory.replace(/([^/])$/, '$1/');
}

function withLock(bringer: Instruction, lock: string): string {
  const copy = copied(bringer);
  if (copy === null) return `RUN --mount=type=bind,source=${lock},target=${lock} …`;
  const { keyword } = bringer;
  const sources = [...copy.sources.map(({ text }) => text), lock].join(' ');
  return `${keyword} ${flagsOf(bringer)}${sources} ${directoryOf(copy)}`;
}
