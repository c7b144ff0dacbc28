// The remedy of reorder.ts as a fix: a COPY goes below the installs that it breaks, where that surely makes no difference
// to the image.
import { isAbsolute } from 'node:path/posix';
import type { Instruction } from '../dockerfile/dockerfile.ts';
import { installsApart, isClearCopy, passes } from './commute.ts';
import { exchange, fix, insert, lineAt, linesWith, remove, replace } from './edits.ts';
import type { Edit, Fix } from './finding.ts';
import { isSystem } from './installs.ts';
import type { LintInput } from './lint.ts';
import { flagsOf, isChain } from './paste.ts';
import { type Broken, type Culprit, leadLine, type Manifest, manifestLines } from './reorder.ts';
import { type Step, stepsOf } from './walk.ts';

/** What a fix has to do with: steps of one stage. */
interface Scene {
  culprit: Culprit;
  /** The COPYs that go down. */
  copies: Step[];
  /** The steps that they pass, but for the last: that is the RUN of `last`. */
  passed: Step[];
  last: Broken;
  manifests: Manifest[];
  input: LintInput;
}

/** The fix for a COPY or ADD above installs; undefined where nobody can tell that the image would be the same. */
export function lowered(culprit: Culprit, input: LintInput): Fix | undefined {
  const scene = sceneOf(culprit, input);
  if (scene === null) return undefined;
  const { dockerfile } = input;
  const { copies, passed, last, manifests } = scene;
  const ahead = manifestLines(manifests, culprit.step.instruction, culprit.sources);
  // Names with blanks or signs would need quotes, and those of many directories a newer builder.
  const isPlain = ahead.every((line) => /^COPY [\w@%+=:,./ -]+$/.test(line) && !line.includes('--parents'));
  if (!isPlain || !copies.every(isClearCopy) || !isApart(last, scene)) return undefined;
  if (!passed.every((step, at) => mayPass(step, [...passed, last.step][at + 1], scene))) return undefined;
  const place = placeAhead(scene);
  if (place === undefined) return undefined;
  const moving = copies.map(({ instruction }) => instruction);
  const behind = isWhole(last)
    ? insert(dockerfile, { below: last.step.instruction }, allLines(moving, input))
    : cutEdit(last, moving, input);
  const description = leadLine(culprit, culprit.step.stage, manifests.length > 0).replace(/:$/, '.');
  return fix(description, inAdvance(moving, ahead, place, input), behind);
}

function sceneOf(culprit: Culprit, input: LintInput): Scene | null {
  const { step, also, broken } = culprit;
  const { stage } = step;
  const last = broken.at(-1);
  const steps = stepsOf(input.dockerfile).get(stage) ?? [];
  const copies = steps.filter(({ instruction: { range } }) => range === culprit.range || also.includes(range));
  const isOwn = copies.every(({ instruction }) => stage.instructions.includes(instruction));
  if (last === undefined || !isOwn || !broken.every((entry) => entry.step.stage === stage && entry.sure)) return null;
  const passed = steps.slice(steps.indexOf(step), steps.indexOf(last.step)).filter((other) => !copies.includes(other));
  return { culprit, copies, passed, last, manifests: broken.flatMap((entry) => entry.manifests), input };
}

/** Whether the COPYs may stand below the step; `next` is what follows it. */
function mayPass(step: Step, next: Step | undefined, scene: Scene): boolean {
  const { culprit, copies, manifests } = scene;
  const { keyword } = step.instruction;
  if (keyword === 'RUN') {
    const entry = culprit.broken.find((known) => known.step === step);
    return entry !== undefined && isWhole(entry) && isApart(entry, scene);
  }
  // The directory is made by the COPY of the manifests, as it was by the whole.
  if (keyword === 'WORKDIR') return manifests.some(({ to }) => to === next?.workdir) && copies.every(isRooted);
  return copies.every((copy) => passes(copy, step));
}

/**
 * Above which instruction the manifests are brought; null for where the COPY is now. They go below what installs packages
 * of the system, for those would stand below them in turn; undefined where they cannot.
 */
function placeAhead({ culprit: { broken }, passed, last }: Scene): Instruction | null | undefined {
  const systems = broken.filter(({ installs }) => installs.every(({ install }) => isSystem(install)));
  const needy = broken.find((entry) => entry.manifests.length > 0);
  if (needy === undefined || systems.length === 0) return null;
  const above = needy === last ? passed : passed.slice(0, passed.indexOf(needy.step));
  const isPinned = above.some(({ instruction }) => instruction.keyword === 'WORKDIR');
  const isClear = !isPinned && systems.every(({ step }) => above.includes(step));
  return isClear ? needy.step.instruction : undefined;
}

function isRooted({ sources }: Step): boolean {
  return sources.every(({ destination }) => isAbsolute(destination));
}

function allLines(instructions: readonly Instruction[], { dockerfile }: LintInput): string[] {
  return instructions.flatMap((instruction) => linesWith(dockerfile, instruction));
}

/** The lines that bring the manifests, in place of the COPYs or directly above another instruction. */
function inAdvance(
  [first, ...others]: readonly Instruction[],
  ahead: readonly string[],
  above: Instruction | null,
  { dockerfile }: LintInput,
): readonly Edit[] | null {
  if (first === undefined) return null;
  const indent = lineAt(dockerfile, first.range.start.line).slice(0, first.range.start.column - 1);
  const lines = ahead.map((line) => indent + line);
  const parts = [
    above === null && lines.length > 0 ? exchange(dockerfile, first, lines) : remove(dockerfile, first),
    ...(above === null ? [] : [insert(dockerfile, { above }, lines)]),
    ...others.map((other) => remove(dockerfile, other)),
  ];
  return parts.includes(null) ? null : parts.filter((part) => part !== null);
}

// What belongs to an install, and into its layer.
const BEHIND = /^(rm|apt-get|apt|apk|dnf|microdnf|yum|zypper|(npm|yarn|pnpm|pip3?|uv) cache)\b/;

/** How many commands of the RUN go above: up to the last install, and what cleans up directly behind it. */
function headLength({ step: { commands }, installs }: Broken): number {
  const behind = commands.findIndex(({ range }) => range === installs.at(-1)?.command.range) + 1;
  const next = commands.findIndex(({ text }, at) => at >= behind && !BEHIND.test(text));
  return next < 0 ? commands.length : next;
}

function isWhole(entry: Broken): boolean {
  return headLength(entry) === entry.step.commands.length;
}

function isApart(entry: Broken, { copies, input }: Scene): boolean {
  const above = entry.step.commands.slice(0, headLength(entry));
  return installsApart(entry.step, above, entry.reads, copies, input);
}

/** Cuts a RUN where the COPY has to be: behind its installs. Null where that is more than a `&&` in a chain. */
function cutEdit(entry: Broken, moving: readonly Instruction[], input: LintInput): Edit | null {
  const { instruction, commands } = entry.step;
  const at = headLength(entry);
  const above = commands.slice(0, at);
  const [last, next] = [commands[at - 1], commands[at]];
  if (last === undefined || next === undefined || !isChain(instruction, commands)) return null;
  // What is removed later on would stay in the layer above, and what the shell was told holds for both halves.
  const removes = commands.slice(at).some(({ text }) => /\b(rm|purge|remove|del|erase|prune|clean)\b/.test(text));
  const set = above.some(({ words }) => words[0] === 'set');
  // Comments between the two would be lost.
  if (removes || set || next.range.start.line > last.range.end.line + 1) return null;
  const { start } = instruction.range;
  const line = lineAt(input.dockerfile, start.line);
  const keyword = line.slice(0, start.column - 1 + 'RUN'.length);
  const moves = above.filter(({ words }) => words[0] === 'cd').map(({ text }) => `${text} && `);
  return replace(
    { start: last.range.end, end: next.range.start },
    `\n${allLines(moving, input).join('\n')}\n${keyword} ${flagsOf(instruction)}${moves.join('')}`,
  );
}
