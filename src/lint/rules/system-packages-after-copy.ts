// Packages of the system (apt, apk, dnf, yum, zypper) installed below a COPY from the context that they do not use.
//
// Not flagged, on purpose:
// - A COPY above an install of the project's packages too: copy-before-install reports that one, with the same remedy.
// - COPY --from, heredocs, and COPY with --exclude or --parents: narrow, or too hard to tell.
// - What may feed the package manager: files for /etc, /usr/share and /var, local packages, lists read by a command.
// - An install behind a command that may have prepared it (`RUN ./add-repository.sh`).
// - A RUN that installs packages of the project as well and needs the files for that.
// - Single files that hardly ever change: settings, scripts to start with.
import { basename } from 'node:path/posix';
import type { Instruction } from '../../dockerfile/dockerfile.ts';
import { breaksSystemOnly, culpritsOf, isMount, mayFeedSystem, reportCulprit } from '../culprits.ts';
import { installOf, isSetup, isSystem, mayPrepare } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { asLine } from '../paste.ts';
import { isCode } from '../sources.ts';
import { commandsOf } from '../steps.ts';
import { systemAction } from '../system-packages.ts';
import { list, quoted } from '../texts.ts';
import { type Step, stepsOf } from '../walk.ts';

export const systemPackagesAfterCopy: Rule = {
  id: 'system-packages-after-copy',
  severity: 'warning',
  summary: 'Packages of the system are installed below a COPY that they do not use, so its changes install them again.',
  check(input) {
    const all = culpritsOf(input);
    const broad = all.filter((culprit) => !isMount(culprit) && breaksSystemOnly(culprit));
    const broken = new Set(all.flatMap((culprit) => culprit.broken.map(({ step }) => step.instruction)));
    const narrow = [...stepsOf(input.dockerfile).values()].flatMap((steps) => belowFiles(steps, input, broken));
    return [...broad.map((culprit) => reportCulprit(culprit, all, input)), ...narrow];
  },
};

/** The RUNs of a stage that install packages below files which they do not use. `broken` are told already. */
function belowFiles(steps: readonly Step[], input: LintInput, broken: ReadonlySet<Instruction>): RuleFinding[] {
  const found = new Map<Instruction, { files: string[]; runs: Instruction[] }>();
  let above: { copy: Instruction; files: string[] }[] = [];
  for (const { instruction, sources, commands } of steps) {
    const changing = sources.filter(isCode).filter((source) => !mayFeedSystem(source, input));
    if (changing.length > 0) above.push({ copy: instruction, files: changing.map(({ path }) => path) });
    // What is brought in may feed what stands below.
    if (sources.some((source) => source.context && mayFeedSystem(source, input))) above = [];
    const installs = above.length > 0 && installsSystemOnly(instruction) && !broken.has(instruction);
    const used = installs && above.some(({ files }) => files.some((file) => instruction.text.includes(basename(file))));
    const [first] = above;
    if (first !== undefined && installs && !used) {
      const entry = found.get(first.copy) ?? { files: first.files, runs: [] };
      entry.runs.push(instruction);
      found.set(first.copy, entry);
    }
    if (commands.some((command) => mayPrepare(command, true))) above = [];
  }
  return [...found].map(([copy, { files, runs }]) => report(copy, files, runs));
}

/** A RUN that installs packages of the system, and does nothing that may need a file of the project. */
function installsSystemOnly(instruction: Instruction): boolean {
  const commands = commandsOf(instruction);
  const installs = commands.flatMap((command) => installOf(command) ?? []);
  return installs.length > 0 && installs.every(isSystem) && commands.every(isSetup);
}

function report(copy: Instruction, files: readonly string[], runs: readonly Instruction[]): RuleFinding {
  const label = (run: Instruction): string =>
    commandsOf(run)
      .map(systemAction)
      .find((action) => action?.kind === 'install')?.label ?? 'RUN';
  const places = list(
    runs.map((run) => `\`${label(run)}\` on line ${run.range.start.line}`),
    'and',
  );
  const named = quoted(files, 'or');
  const lines = runs.map((run) => `line ${run.range.start.line}`);
  return {
    range: copy.range,
    confidence: 'medium',
    message: `Every change to ${named} re-runs ${places}: this ${copy.keyword} stands above, and what stands below a changed step runs again. The packages do not depend on it.`,
    remedy: [
      `Move the RUN of ${list(lines, 'and')} above this ${copy.keyword}:`,
      ...runs.map(asLine),
      asLine(copy),
    ].join('\n'),
    related: runs.map((run) => ({ range: run.range, message: `\`${label(run)}\` runs again with every such change` })),
  };
}
