// `apt-get update` or `apk update` in another RUN than the install that relies on it.
//
// Not flagged, on purpose:
// - An index that nothing below installs from: images built from this one may.
// - `apk add --no-cache` or `-U` below an `apk update`: it fetches the index itself.
// - An install behind a command that may have updated (`curl … | bash`, a script, add-apt-repository).
// - An install below an index that was removed again: it fails, or has its own.
// - dnf, yum and zypper: they look at the age of their index and fetch it anew.
import type { ShellCommand } from '../../dockerfile/commands.ts';
import type { Instruction, Stage } from '../../dockerfile/dockerfile.ts';
import { parentOf } from '../../dockerfile/stages.ts';
import { isClearCopy } from '../commute.ts';
import { fix, insert, linesWith, remove, replace } from '../edits.ts';
import type { Fix } from '../finding.ts';
import { isSetup } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { flagsOf, isChain } from '../paste.ts';
import { commandsOf, describesImage, ownInstructions } from '../steps.ts';
import { type SystemAction, type SystemManager, systemAction } from '../system-packages.ts';
import { list, unique } from '../texts.ts';
import { type Step, stepsOf } from '../walk.ts';

export const packageIndexCachedAlone: Rule = {
  id: 'package-index-cached-alone',
  severity: 'warning',
  summary: 'The package index is fetched in a layer of its own, so a later install takes an old one from the cache.',
  check,
};

/** A RUN that leaves an index in its layer. */
interface Index {
  stage: Stage;
  run: Instruction;
  update: SystemAction;
  /** Whether the RUN installs from it as well. */
  alone: boolean;
}

type Indexes = ReadonlyMap<SystemManager, Index>;

/** An install that takes the index of a layer above. */
interface Reliant {
  stage: Stage;
  run: Instruction;
  command: ShellCommand;
  label: string;
}

function check(input: LintInput): RuleFinding[] {
  const { dockerfile } = input;
  const reliants = new Map<Index, Reliant[]>();
  const atEnd = new Map<Stage, Indexes>();
  for (const stage of dockerfile.stages) {
    const parent = parentOf(dockerfile, stage);
    const indexes = new Map(parent && atEnd.get(parent));
    for (const run of ownInstructions(stage)) followRun(stage, run, indexes, reliants);
    atEnd.set(stage, indexes);
  }
  return [...reliants].map(([index, installs]) => ({
    ...report(index, installs),
    fix: joined(index, installs, input),
  }));
}

/** Notes the installs of a RUN that rely on an index of a layer above, and the index that it leaves itself. */
function followRun(
  stage: Stage,
  run: Instruction,
  indexes: Map<SystemManager, Index>,
  reliants: Map<Index, Reliant[]>,
): void {
  const own = new Map<SystemManager, SystemAction>();
  const installed = new Set<SystemManager>();
  let mayHaveUpdated = false;
  for (const command of commandsOf(run)) {
    const action = systemAction(command);
    mayHaveUpdated ||= action === null && (!isSetup(command) || command.words[0] === 'add-apt-repository');
    if (action?.kind === 'update') own.set(action.manager, action);
    if (action?.kind === 'install') {
      installed.add(action.manager);
      const index = indexes.get(action.manager);
      if (index !== undefined && !own.has(action.manager) && !action.refreshes && !mayHaveUpdated) {
        reliants.set(index, [...(reliants.get(index) ?? []), { stage, run, command, label: action.label }]);
      }
    }
    if (command.words[0] === 'rm' && /\/var\/(lib\/apt|cache\/apk)/.test(command.text)) {
      const manager = command.text.includes('apk') ? 'apk' : 'apt';
      own.delete(manager);
      indexes.delete(manager);
    }
  }
  for (const [manager, update] of own) {
    if (manager === 'apt' || manager === 'apk')
      indexes.set(manager, { stage, run, update, alone: !installed.has(manager) });
  }
}

function report({ run, update, alone }: Index, installs: readonly Reliant[]): RuleFinding {
  const places = list(
    installs.map(({ label, command }) => `\`${label}\` on line ${command.range.start.line}`),
    'and',
  );
  const line = run.range.start.line;
  const what = alone
    ? `\`${update.label}\` is cached in a layer of its own: ${places} will take that index, however old it is`
    : `${places} ${installs.length === 1 ? 'takes' : 'take'} the index that line ${line} left in its layer, however old it is`;
  const first = installs[0]?.run ?? run;
  const place = alone ? run : first;
  const others = alone ? installs : [{ command: { range: run.range }, label: update.label }, ...installs.slice(1)];
  return {
    range: place.range,
    confidence: alone ? 'high' : 'medium',
    message: `${what}. The build then fails on a package that has left the mirror, or installs an outdated one.`,
    remedy: remedy(update, alone, installs),
    related: others.map(({ command, label }) => ({ range: command.range, message: `\`${label}\`` })),
  };
}

/**
 * `update &&` in front of each install; the RUN that did nothing else goes. Only where every install is a plain chain of
 * `&&`, and where nothing between can change what the update fetches or need what it has fetched.
 */
function joined({ stage, run, update, alone }: Index, installs: readonly Reliant[], input: LintInput): Fix | undefined {
  const { dockerfile } = input;
  const runs = unique(installs.map((install) => install.run));
  const isOwn =
    installs.every((install) => install.stage === stage) && runs.every((own) => stage.instructions.includes(own));
  const steps = stepsOf(dockerfile).get(stage) ?? [];
  const at = (instruction: Instruction): number => steps.findIndex((step) => step.instruction === instruction);
  const [first = run] = runs;
  const between = steps.slice(at(run) + 1, at(first));
  const isSimple = isChain(run, commandsOf(run)) && commandsOf(run).length === 1 && flagsOf(run) === flagsOf(first);
  if (!isOwn || !runs.every((own) => isChain(own, commandsOf(own)))) return undefined;
  if (alone && (!stage.instructions.includes(run) || !isSimple || !between.every(isUnrelated))) return undefined;
  const command = alone ? run.rest.replace(/\s+/g, ' ') : update.label;
  const prefixed = runs.flatMap(({ pieces: [piece] }) =>
    piece ? [replace({ start: piece.start, end: piece.start }, `${command} && `)] : [],
  );
  const comments = linesWith(dockerfile, run).slice(0, run.comments.length);
  const gone = alone ? [remove(dockerfile, run), insert(dockerfile, { above: first }, comments)] : [];
  return fix('Fetch the index in the RUN that installs.', prefixed, ...gone);
}

/** Whether a step between an update and an install has nothing to do with either. */
function isUnrelated(step: Step): boolean {
  const { instruction, commands, workdir } = step;
  const { keyword, text } = instruction;
  if (describesImage(keyword)) return true;
  if (keyword === 'WORKDIR') return workdir !== null;
  if (keyword === 'RUN') return commands.every(isSetup) && !/apt|apk|dpkg|\/etc|\/var|proxy/.test(text);
  return isClearCopy(step);
}

function remedy({ manager, label }: SystemAction, alone: boolean, installs: readonly Reliant[]): string {
  const runs = unique(installs.map(({ run }) => run));
  const [install] = runs;
  const apk = manager === 'apk';
  const lead = apk
    ? `Let the install fetch its index${alone ? `, and drop \`${label}\`` : ''}:`
    : `Fetch the index in the RUN that installs${runs.length > 1 ? ', in each of them or once in a single one' : ''}:`;
  const short = install !== undefined && install.range.start.line === install.range.end.line && install.json === null;
  const rest = short ? install.rest : `${installs[0]?.label ?? ''} …`;
  return `${lead}\nRUN ${apk ? rest.replace(/\bapk add\b/, 'apk add --no-cache') : `${label} && ${rest}`}`;
}
