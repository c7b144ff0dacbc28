// ARG and ENV as part of every RUN's key: which RUNs stand below a variable that they do not use. BuildKit puts all
// variables that are declared above a RUN into its environment, in the stages built from there as well; COPY and WORKDIR
// go by their text alone.
import type { ShellCommand } from '../dockerfile/commands.ts';
import type { Dockerfile, Instruction, Stage } from '../dockerfile/dockerfile.ts';
import { parentOf } from '../dockerfile/stages.ts';
import { type Pair, pairs } from '../dockerfile/variables.ts';
import { costlyCommand, namedRuns } from './cost.ts';
import { fix, move } from './edits.ts';
import type { Fix } from './finding.ts';
import { installOf, isSetup, isSystem } from './installs.ts';
import { isNode } from './manifests.ts';
import { asLine } from './paste.ts';
import { commandsOf, mentions, ownInstructions } from './steps.ts';
import { unique } from './texts.ts';

/** A variable, from where it is declared in a stage. */
export interface Declared {
  stage: Stage;
  instruction: Instruction;
  pair: Pair;
}

/** A variable above RUNs that do not use it. */
export interface Idle extends Declared {
  /** The costly RUNs between it and its first possible use. */
  runs: Instruction[];
  /** What mentions it further down: those that are in the way of moving it, and the use that it is there for. */
  mentionedBy: Instruction[];
}

// A file that was made to hang linters may have more.
const MOST = 100;

/**
 * The declared variables that `wanted` picks, each with the costly RUNs that stand below it and surely do not use it.
 * `derived` tells of an ENV or ARG that takes the value of one of the picked.
 */
export function idleVariables(
  dockerfile: Dockerfile,
  wanted: (variable: Declared, derived: boolean) => boolean,
): Idle[] {
  const all: Idle[] = [];
  const atEnd = new Map<Stage, Idle[]>();
  // Who has not been used on the way to here. In a child stage a variable may be used where in another it is not.
  for (const stage of dockerfile.stages) {
    const parent = parentOf(dockerfile, stage);
    let open = parent ? [...(atEnd.get(parent) ?? [])] : [];
    for (const instruction of ownInstructions(stage)) {
      const used = new Set(open.filter((variable) => isUse(instruction, variable)));
      open = open.filter((variable) => !used.has(variable));
      for (const pair of declaredIn(instruction)) {
        const variable = { stage, instruction, pair };
        const words = new Set(pair.value?.includes('$') ? pair.value.match(/\w+/g) : []);
        const derived = open.some(({ pair: { name } }) => words.has(name));
        if (open.length >= MOST || !wanted(variable, derived)) continue;
        const idle = { ...variable, runs: [], mentionedBy: [] };
        open.push(idle);
        all.push(idle);
      }
    }
    atEnd.set(stage, open);
  }
  return all.filter(({ runs }) => runs.length > 0);
}

function declaredIn(instruction: Instruction): Pair[] {
  return instruction.keyword === 'ARG' || instruction.keyword === 'ENV' ? pairs(instruction) : [];
}

/** Whether the instruction uses the variable, or may; if it surely does not and takes long, that is noted. */
function isUse(instruction: Instruction, variable: Idle): boolean {
  const { keyword } = instruction;
  const mentioned = mentions(instruction).has(variable.pair.name);
  if (mentioned) variable.mentionedBy.push(instruction);
  if (keyword !== 'RUN') return mentioned && !['ARG', 'ENV', 'LABEL'].includes(keyword);
  const costly = costlyCommand(instruction) !== null;
  const blind = commandsOf(instruction).every(isBlind);
  // A quick step that writes the value into a file can move along with it.
  if (mentioned) return costly || !blind;
  if (blind && costly && !variable.runs.includes(instruction)) variable.runs.push(instruction);
  return !blind;
}

/** Whether the command reads no variable that its text does not mention. */
function isBlind(command: ShellCommand): boolean {
  const [program, verb] = command.words;
  return isSetup(command) || (program === 'go' && ['build', 'install', 'test', 'vet'].includes(verb ?? ''));
}

/** The RUNs as the end of a message: what runs again for nothing. */
export function unusedBy(runs: readonly Instruction[]): string {
  const [run, use] = runs.length === 1 ? ['runs', 'does not need'] : ['run', 'do not need'];
  return `${namedRuns(runs)} ${run} again with every new value and ${use} it`;
}

/** What has to move for declarations that the same RUNs do not use, and past which line. */
interface Plan {
  /** The declarations, and what uses them on the way: it has to come along. */
  moving: Instruction[];
  /** The names that are declared. */
  names: ReadonlySet<string>;
  /** The line in which the last RUN ends that does not use them. */
  last: number;
  /** What uses them first, below that. */
  next: Instruction | undefined;
}

function planOf(group: readonly Idle[]): Plan {
  const declarations = unique(group.map(({ instruction }) => instruction));
  const last = Math.max(...group.flatMap(({ runs }) => runs.map(({ range }) => range.end.line)));
  const uses = unique(group.flatMap(({ mentionedBy }) => mentionedBy))
    .filter((use) => !declarations.includes(use))
    .sort((a, b) => a.range.start.line - b.range.start.line);
  const along = uses.filter(({ range }) => range.start.line < last);
  const next = uses.find(({ range }) => range.start.line > last);
  return {
    moving: [...declarations, ...along],
    names: new Set(group.map(({ pair: { name } }) => name)),
    last,
    next,
  };
}

/** Where to put declarations that the same RUNs do not use. */
export function moveDown(group: readonly Idle[]): string {
  const { moving, names, last, next } = planOf(group);
  const lines = moving.map((instruction) => partOf(instruction, names));
  const where = next ? `right above line ${next.range.start.line}, the first that uses it` : `below line ${last}`;
  return [`Move ${lines.length === 1 ? 'this' : 'these'} down, ${where}:`, ...lines].join('\n');
}

/**
 * The same as a fix, where the RUNs that the declarations pass surely read none of them, and nothing on the way gives
 * them another meaning.
 * @param isSafe whether a command reads no variable of these names, unseen ones included
 */
export function movedDown(
  group: readonly Idle[],
  dockerfile: Dockerfile,
  isSafe: (command: ShellCommand, run: Instruction) => boolean,
): Fix | undefined {
  const { moving, names, last, next } = planOf(group);
  const own = group[0]?.stage.instructions ?? [];
  const runs = group.flatMap((idle) => idle.runs);
  const first = Math.min(...moving.map((instruction) => own.indexOf(instruction)));
  const lastRun = runs.find(({ range }) => range.end.line === last);
  if (first < 0 || lastRun === undefined || !runs.every((run) => own.includes(run))) return undefined;
  const isMovable = ({ keyword }: Instruction): boolean => ['ARG', 'ENV', 'LABEL'].includes(keyword);
  if (!moving.every((one) => isMovable(one) && isConcerned(one, names))) return undefined;
  const target = next !== undefined && own.includes(next) ? next : null;
  const end = target === null ? own.indexOf(lastRun) + 1 : own.indexOf(target);
  const passed = own.slice(first, end).filter((instruction) => !moving.includes(instruction));
  const isFree = (other: Instruction): boolean =>
    moving.every((one) => !interfere(one, other)) && commandsOf(other).every((command) => isSafe(command, other));
  if (!passed.every(isFree)) return undefined;
  const place = target === null ? { below: lastRun } : { above: target };
  const where = target === null ? 'below the RUNs that do not use' : 'to the first step that uses';
  const inOrder = moving.toSorted((a, b) => own.indexOf(a) - own.indexOf(b));
  return fix(`Move the declaration down ${where} it.`, move(dockerfile, inOrder, place));
}

/** Whether one of the two sets what the other says. */
function interfere(one: Instruction, other: Instruction): boolean {
  const sets = (setter: Instruction, user: Instruction): boolean =>
    pairs(setter).some(
      ({ name }) =>
        (setter.keyword !== 'LABEL' && mentions(user).has(name)) || pairs(user).some((pair) => pair.name === name),
    );
  return sets(one, other) || sets(other, one);
}

/** Commands that show the whole environment. */
const SHOW = new Set(['env', 'export', 'printenv', 'set', 'declare', 'typeset']);

/**
 * Whether the command surely reads no variable but those that its text mentions. Package managers of the system do not;
 * of the others most may run code of packages, which may read what it likes.
 */
export function readsOnlyMentioned(command: ShellCommand): boolean {
  const install = installOf(command);
  if (install !== null && !isSystem(install)) {
    return install.label === 'go mod download' || (isNode(install) && !install.runsScripts);
  }
  return isSetup(command) && !SHOW.has(command.words[0] ?? '');
}

/** Whether all that the instruction declares has one of the names, or takes the value of one. */
function isConcerned(instruction: Instruction, names: ReadonlySet<string>): boolean {
  return instruction.keyword === 'LABEL' || concernedIn(instruction, names).length === pairs(instruction).length;
}

function concernedIn(instruction: Instruction, names: ReadonlySet<string>): Pair[] {
  return declaredIn(instruction).filter(
    ({ name, value }) => names.has(name) || (value ?? '').match(/\w+/g)?.some((word) => names.has(word)),
  );
}

/** The instruction as a line; of several variables in one, those that are named or take their value. */
function partOf(instruction: Instruction, names: ReadonlySet<string>): string {
  const concerned = concernedIn(instruction, names);
  if (concerned.length === declaredIn(instruction).length) return asLine(instruction);
  const written = concerned.map(({ name, value }) => (value === null ? name : `${name}=${value}`));
  return `${instruction.keyword} ${written.join(' ')}`;
}
