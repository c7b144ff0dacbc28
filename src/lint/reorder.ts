// The remedy for installs that stand below sources which they do not need: the same instructions in another order, as
// lines to paste.
import { basename, dirname, isAbsolute, join, relative } from 'node:path/posix';
import type { ShellCommand } from '../dockerfile/commands.ts';
import type { Instruction, Range, Stage } from '../dockerfile/dockerfile.ts';
import { changeDirectory } from '../dockerfile/workdir.ts';
import { type Install, installOf, isSetup } from './installs.ts';
import { asLine, flagsOf, restAsLine, splitRun } from './paste.ts';
import { pathWithin, type Source } from './sources.ts';
import { list, unique } from './texts.ts';
import type { Step } from './walk.ts';

/** A file that an install reads and that must be copied first: its path in the context, and its directory in the image. */
export interface Manifest {
  path: string;
  to: string;
}

/** An install, and the command that it was read from. */
export interface Found {
  command: ShellCommand;
  install: Install;
  /** The options with which it may stand above the source; it then runs as it is below. '' if it needs none. */
  apart: string;
}

/** A RUN whose installs run again with every change of a source above them. */
export interface Broken {
  step: Step;
  installs: Found[];
  /** The one of them that speaks for the RUN in messages. */
  spokesman: Found;
  /** The steps between the source and the RUN. */
  between: Step[];
  /** Whether the installs surely read no more than the manifests. */
  sure: boolean;
  manifests: Manifest[];
  /** What else there is in the context that they may read. */
  hints: string[];
  /** The files of the context that the installs read and these sources bring, those that others bring as well included. */
  reads: string[];
}

/** What breaks installs: a COPY, an ADD or a mount. */
export interface Culprit {
  step: Step;
  sources: readonly Source[];
  range: Range;
  /** Further COPYs above the same installs, told along with this one: their sources are among those above. */
  also: Range[];
  broken: Broken[];
}

/**
 * What to do about a COPY or ADD, told for the stage of the first install that it breaks. `culprits` are the places of
 * all that break one: they stay below.
 */
export function reorder(culprit: Culprit, culprits: ReadonlySet<Range>): string {
  const { step, sources, broken } = culprit;
  const stage = broken[0]?.step.stage;
  const here = broken.filter((entry) => entry.step.stage === stage);
  const manifests = here.flatMap((entry) => entry.manifests);
  const above = manifestLines(manifests, step.instruction, sources);
  const below: string[] = [];
  const moved = here.slice(-1).flatMap((last) => [...last.between, last.step]);
  const own = moved.filter((other) => other.stage === stage && matters(other));
  for (const { instruction, commands, workdir } of own) {
    const entry = here.find((known) => known.step.instruction === instruction);
    if (entry !== undefined) {
      const [installed, ...rest] = cut(entry);
      above.push(installed);
      below.push(...rest);
    } else {
      const waits =
        culprits.has(instruction.range) ||
        !commands.every(isSetup) ||
        commands.some((command) => removes(command, workdir, sources));
      (waits ? below : above).push(asLine(instruction));
    }
  }
  const changesDirectory = own.some(({ instruction }) => instruction.keyword === 'WORKDIR');
  // What is told along with it, in the stage that others are built from.
  const along = here
    .flatMap(({ between }) => between)
    .filter((other) => other.stage !== stage && culprit.also.includes(other.instruction.range))
    .map(({ instruction }) => asLine(instruction));
  const first = changesDirectory ? withPlace(step, sources) : asLine(step.instruction);
  const lines = [...above, first, ...unique(along), ...below];
  // What a parent stage left behind ONBUILD goes back there.
  const behind = step.stage.triggers.includes(step.instruction) ? 'ONBUILD ' : '';
  const elsewhere = broken
    .filter((entry) => entry.step.stage !== stage)
    .map(({ spokesman }) => `line ${spokesman.command.range.start.line}`);
  const also = elsewhere.length > 0 ? [`Do the same for ${list(elsewhere, 'and')}.`] : [];
  const lead = leadLine(culprit, stage, manifests.length > 0);
  return [lead, ...lines.map((line) => behind + line), ...also, ...hintLines(broken)].join('\n');
}

/** Whether the command takes away, or puts a link in the place of, what the sources brought: above them it would fail. */
function removes({ words, workdir: moved }: ShellCommand, workdir: string | null, sources: readonly Source[]): boolean {
  const [program = '', ...operands] = words;
  if (!['ln', 'mv', 'rm', 'rmdir'].includes(program)) return false;
  const here = workdir === null || moved === null ? null : changeDirectory(workdir, moved);
  return operands.some((operand) => {
    const place = operand.startsWith('-') ? null : changeDirectory(here, operand);
    return place !== null && sources.some(({ to }) => to !== '/' && pathWithin(to, place) !== null);
  });
}

/** What to do, in one line. */
export function leadLine(culprit: Culprit, stage: Stage | undefined, copiesManifests: boolean): string {
  const { stage: home, instruction } = culprit.step;
  const { keyword } = instruction;
  if (isUsedWhereItIs(culprit)) {
    const parent = home.name === null ? `stage ${home.index}` : `stage \`${home.name}\``;
    return `Install in ${parent}, above this ${keyword}; or give what stands above it a stage of its own, and begin there:`;
  }
  if (home !== stage) {
    return `Take this ${keyword} out of the stage that others are built from, and put it below the install:`;
  }
  return copiesManifests
    ? 'Copy the manifests first, install, and copy the rest below:'
    : `Install first, and let the ${keyword} follow:`;
}

/** Whether an inherited source is needed by the very stage that brings it, so that it cannot be taken out of there. */
export function isUsedWhereItIs({ step, broken }: Culprit): boolean {
  const { stage, instruction } = step;
  const below = stage.instructions.slice(stage.instructions.indexOf(instruction) + 1);
  return (
    broken.every((entry) => entry.step.stage !== stage) &&
    below.some(({ keyword }) => ['CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'RUN'].includes(keyword))
  );
}

/** What to do about a mount of everything: the RUN with mounts of the manifests in its place. */
export function narrowMount({ step, sources, range, broken }: Culprit): string {
  const { instruction } = step;
  const lockfile = (path: string): string[] =>
    basename(path) === 'package*.json' ? ['package.json', 'package-lock.json'] : [basename(path)];
  const mounts = broken
    .flatMap(({ manifests }) => manifests)
    .flatMap(({ path, to }) =>
      lockfile(path).map((name) => `source=${join(dirname(path), name)},target=${join(placeOf(to, sources), name)}`),
    );
  const kept = flagsOf({ ...instruction, flags: instruction.flags.filter((flag) => flag.range !== range) });
  const lead = mounts.length > 0 ? 'Mount only the manifests:' : 'Leave the mount out:';
  const flags = mounts.map((mount) => `--mount=type=bind,${mount} `).join('');
  return [lead, `RUN ${flags}${kept}${restAsLine(instruction)}`, ...hintLines(broken)].join('\n');
}

function hintLines(broken: readonly Broken[]): string[] {
  const hints = unique(broken.flatMap((entry) => entry.hints)).map((hint) => `\`${hint}\``);
  return hints.length > 0
    ? [`If the install reads ${list(hints, 'or')} as well, copy that along with the manifests.`]
    : [];
}

/** Instructions that make no difference to an install stay where they are. */
function matters({ instruction }: Step): boolean {
  return ['ADD', 'ARG', 'COPY', 'ENV', 'RUN', 'SHELL', 'USER', 'WORKDIR'].includes(instruction.keyword);
}

/** The RUN up to what may use the source, and what of it has to stay below, if anything. */
function cut({ step, installs }: Broken): [string] | [string, string] {
  const { instruction, commands } = step;
  const lastInstall = commands.findIndex(({ range }) => range === installs.at(-1)?.command.range);
  const staying = commands.findIndex(
    (command, at) => at > lastInstall && !(isSetup(command) && installOf(command) === null),
  );
  const twice = installs.filter(({ apart }) => apart !== '');
  if (staying < 0 && twice.length === 0) return [asLine(instruction)];
  const last = commands[staying - 1] ?? commands.at(-1);
  const halves = last === undefined ? null : splitRun(instruction, commands, last, twice);
  if (halves !== null) return halves;
  const { line } = instruction.range.start;
  const options = twice.map(({ apart }) => `, with \`${apart}\``).join('');
  return [
    `# of the RUN on line ${line}: up to \`${installs.at(-1)?.install.label}\`${options}`,
    twice.length > 0 ? `# the RUN on line ${line}, as it is` : `# the rest of the RUN on line ${line}`,
  ];
}

// With more lines than these, one with patterns is easier to read and to keep.
const MOST_LINES = 8;

/** The COPYs that bring the manifests ahead. */
export function manifestLines(manifests: readonly Manifest[], copy: Instruction, sources: readonly Source[]): string[] {
  const flags = flagsOf(copy, (name) => ['chown', 'chmod', 'link'].includes(name));
  const places = unique(manifests.map(({ to }) => to));
  const [source] = sources;
  if (places.length > MOST_LINES && source !== undefined && sources.length === 1) {
    return withParents(manifests, flags, source);
  }
  return places.map((to) => {
    const paths = unique(manifests.filter((manifest) => manifest.to === to).map(({ path }) => path));
    return `COPY ${flags}${paths.join(' ')} ${placeOf(to, sources)}/`;
  });
}

/** One COPY that keeps directories below the source's own, with a pattern for those that lie beside each other. */
function withParents(manifests: readonly Manifest[], flags: string, { path, destination }: Source): string[] {
  const names = manifests.map((manifest) => relative(join('/', path), join('/', manifest.path)));
  const beside = (name: string): string => join(dirname(dirname(name)), '*', basename(name));
  const nested = names.filter((name) => name.includes('/'));
  const patterns = names.map((name) => {
    const alike = nested.filter((other) => nested.includes(name) && beside(other) === beside(name));
    return alike.length > 1 ? beside(name) : name;
  });
  const listed = unique(patterns).map((pattern) => (path === '' ? pattern : `${path}/./${pattern}`));
  return ['# --parents needs Dockerfile 1.20', `COPY --parents ${flags}${listed.join(' ')} ${destination}`];
}

/** The directory in the image, told as the destination tells it: relative where that is. */
function placeOf(to: string, sources: readonly Source[]): string {
  const source = sources.find((candidate) => pathWithin(candidate.to, to) !== null);
  const path = join(source?.destination ?? to, (source && pathWithin(source.to, to)) ?? '').replace(/\/$/, '');
  return path === '.' || path === '' || isAbsolute(path) ? path : `./${path}`;
}

/** The COPY with a destination that a WORKDIR in front of it does not change. */
function withPlace({ instruction }: Step, sources: readonly Source[]): string {
  const [source] = sources;
  if (source === undefined || isAbsolute(source.destination)) return asLine(instruction);
  const words = instruction.words.slice(0, -1).map(({ text }) => text);
  if (!isAbsolute(source.to)) {
    return `# the ${instruction.keyword} of line ${instruction.range.start.line}, to the same place from the new WORKDIR`;
  }
  return `${instruction.keyword} ${flagsOf(instruction)}${words.join(' ')} ${source.to}/`;
}
