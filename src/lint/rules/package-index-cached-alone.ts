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
import { isSetup } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { commandsOf, ownInstructions } from '../steps.ts';
import { type SystemAction, type SystemManager, systemAction } from '../system-packages.ts';
import { list } from '../texts.ts';

export const packageIndexCachedAlone: Rule = {
  id: 'package-index-cached-alone',
  severity: 'warning',
  summary: 'The package index is fetched in a layer of its own, so a later install takes an old one from the cache.',
  check,
};

/** A RUN that leaves an index in its layer. */
interface Index {
  run: Instruction;
  update: SystemAction;
  /** Whether the RUN installs from it as well. */
  alone: boolean;
}

type Indexes = ReadonlyMap<SystemManager, Index>;

/** An install that takes the index of a layer above. */
interface Reliant {
  run: Instruction;
  command: ShellCommand;
  label: string;
}

function check({ dockerfile }: LintInput): RuleFinding[] {
  const reliants = new Map<Index, Reliant[]>();
  const atEnd = new Map<Stage, Indexes>();
  for (const stage of dockerfile.stages) {
    const parent = parentOf(dockerfile, stage);
    const indexes = new Map(parent && atEnd.get(parent));
    for (const run of ownInstructions(stage)) followRun(run, indexes, reliants);
    atEnd.set(stage, indexes);
  }
  return [...reliants].map(([index, installs]) => report(index, installs));
}

/** Notes the installs of a RUN that rely on an index of a layer above, and the index that it leaves itself. */
function followRun(run: Instruction, indexes: Map<SystemManager, Index>, reliants: Map<Index, Reliant[]>): void {
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
        reliants.set(index, [...(reliants.get(index) ?? []), { run, command, label: action.label }]);
      }
    }
    if (command.words[0] === 'rm' && /\/var\/(lib\/apt|cache\/apk)/.test(command.text)) {
      const manager = command.text.includes('apk') ? 'apk' : 'apt';
      own.delete(manager);
      indexes.delete(manager);
    }
  }
  for (const [manager, update] of own) {
    if (manager === 'apt' || manager === 'apk') indexes.set(manager, { run, update, alone: !installed.has(manager) });
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
  const others = alone ? installs : [{ run, command: { range: run.range }, label: update.label }, ...installs.slice(1)];
  return {
    range: place.range,
    confidence: alone ? 'high' : 'medium',
    message: `${what}. The build then fails on a package that has left the mirror, or installs an outdated one.`,
    remedy: remedy(update, alone, installs),
    related: others.map(({ command, label }) => ({ range: command.range, message: `\`${label}\`` })),
  };
}

function remedy({ manager, label }: SystemAction, alone: boolean, installs: readonly Reliant[]): string {
  const runs = [...new Set(installs.map(({ run }) => run))];
  const [install] = runs;
  const apk = manager === 'apk';
  const lead = apk
    ? `Let the install fetch its index${alone ? `, and drop \`${label}\`` : ''}:`
    : `Fetch the index in the RUN that installs${runs.length > 1 ? ', in each of them or once in a single one' : ''}:`;
  const short = install !== undefined && install.range.start.line === install.range.end.line && install.json === null;
  const rest = short ? install.rest : `${installs[0]?.label ?? ''} …`;
  return `${lead}\nRUN ${apk ? rest.replace(/\bapk add\b/, 'apk add --no-cache') : `${label} && ${rest}`}`;
}
