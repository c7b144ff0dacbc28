// The job as a command in a terminal: progress on stderr, the report on stdout.

import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { type Format, helpText, type Invocation, readArguments } from './flags.ts';
import { annotate } from './host/actions.ts';
import { cancelSignal, exitCodeOf } from './host/cancel.ts';
import { readText, writeText } from './host/files.ts';
import { display, exit, printErr, printOut } from './host/terminal.ts';
import type { Inputs, Problem } from './inputs.ts';
import type { SaveOrder } from './layers.ts';
import { readDockerfile, runJob } from './pipeline.ts';
import { messageOf } from './reason.ts';
import { annotationsOf, fromFinding } from './report/annotations.ts';
import { mapText, printable } from './report/clean.ts';
import { type LintReport, type Report, seriousFindings, toJson } from './report/report.ts';
import { findingsText, paint, terminalReport } from './report/terminal.ts';
import { saveNow } from './saving.ts';
import { version } from './version.ts';

/** Runs the command and ends the process: 0 fine, 1 the job failed, 2 wrong usage, 128 + signal when it was cancelled. */
export async function runCommand(argv: string[]): Promise<void> {
  const cancel = cancelSignal();
  try {
    const code = await dispatch(readArguments(argv), cancel);
    exit(cancel.aborted ? exitCodeOf(cancel) : code);
  } catch (error) {
    printErr(`cached-docker-build stopped: ${messageOf(error)}`);
    exit(1);
  }
}

async function dispatch(invocation: Invocation, cancel: AbortSignal): Promise<number> {
  const { command, inputs, problems, format, operands } = invocation;
  if (command === 'version') printOut(version);
  else if (command === 'build') return buildCommand(inputs, problems, format, cancel);
  else if (command === 'lint') return lintCommand(operands, inputs, problems, format);
  else if (problems.length > 0) return refuse([...problems, hint]);
  else printOut(helpText());
  return 0;
}

const hint: Problem = {
  kind: 'usage',
  message: 'cached-docker-build --help shows all commands and flags.',
  file: null,
};

async function buildCommand(inputs: Inputs, wrong: Problem[], format: Format, cancel: AbortSignal): Promise<number> {
  const container = `cached-docker-build-smoke-${randomUUID()}`;
  const guarded = <T>(work: () => Promise<T>) => work();
  const save = (order: SaveOrder) => saveNow(order, cancel);
  const ui = { display: display('stderr'), print: printErr, guarded, container, save };
  const result = await runJob(inputs, wrong, ui, cancel);
  if ('problems' in result) return refuse(result.problems);
  const { report } = result;
  if (inputs.report !== '') await writeText(inputs.report, toJson(report));
  printReport(report, format);
  return report.outcome === 'success' ? 0 : 1;
}

function printReport(report: Report, format: Format): void {
  if (format === 'json') printOut(toJson(report).trimEnd());
  if (format === 'text') printOut(`\n${terminalReport(report, display('stdout'))}\n`);
  if (format === 'github') for (const annotation of annotationsOf(report)) annotate(annotation);
}

async function lintCommand(operands: string[], inputs: Inputs, wrong: Problem[], format: Format): Promise<number> {
  const files = operands.length > 0 ? operands : [inputs.file || join(inputs.context, 'Dockerfile')];
  const sources = await Promise.all(files.map(async (file) => ({ file, ...(await readText(file)) })));
  const missing = sources.flatMap(({ file, problem }): Problem[] =>
    problem === null ? [] : [{ kind: 'usage', message: `${file} ${problem}.`, file }],
  );
  if (wrong.length + missing.length > 0) return refuse([...wrong, ...missing]);
  const results = sources.map(({ file, text }) => {
    const context = inputs.context === '.' ? dirname(file) : inputs.context;
    return readDockerfile(text ?? '', file, context, inputs, null).findings;
  });
  const sum = (count: 'suppressed' | 'ignored') => results.reduce((all, result) => all + result[count], 0);
  const linted: LintReport = mapText(
    {
      findings: results.flatMap(({ findings }) => findings),
      suppressed: sum('suppressed'),
      ignored: sum('ignored'),
    },
    printable,
  );
  const serious =
    inputs.lint === 'error'
      ? seriousFindings(linted.findings)
      : linted.findings.filter(({ severity }) => severity === 'error');
  const outcome = serious.length > 0 ? 'failure' : 'success';
  if (format === 'json') printOut(JSON.stringify({ schemaVersion: 1, files, lint: linted, outcome }, null, 2));
  if (format === 'text') printOut(findingsText(linted, display('stdout')));
  if (format === 'github') for (const finding of linted.findings) annotate(fromFinding(finding));
  return outcome === 'success' ? 0 : 1;
}

function refuse(problems: Problem[]): number {
  for (const { message } of problems) printErr(`${paint('red', '✗', display('stderr'))} ${printable(message)}`);
  return problems.some(({ kind }) => kind === 'usage') ? 2 : 1;
}
