// The job as a command in a terminal: progress on stderr, the report on stdout.

import { join } from 'node:path';
import { explainReports } from './explaining.ts';
import { type Format, helpText, type Invocation, readArguments } from './flags.ts';
import { annotate } from './host/actions.ts';
import { cancelSignal, exitCodeOf } from './host/cancel.ts';
import { readText, writeText } from './host/files.ts';
import { display, exit, printErr, printOut } from './host/terminal.ts';
import type { Inputs, Problem } from './inputs.ts';
import type { SaveOrder } from './layers.ts';
import { lintPaths, urisOf } from './linting.ts';
import { type Done, runJob } from './pipeline.ts';
import { messageOf } from './reason.ts';
import {
  type Annotations,
  annotationsOf,
  findingAnnotations,
  missAnnotations,
  smokeAnnotations,
} from './report/annotations.ts';
import { oneLine, printable } from './report/clean.ts';
import { comparisonText } from './report/comparison.ts';
import { paint } from './report/display.ts';
import { readReport } from './report/read.ts';
import { type Report, seriousFindings, toJson } from './report/report.ts';
import { toSarif } from './report/sarif.ts';
import { findingsText, smokeText, terminalReport } from './report/terminal.ts';
import { saveNow } from './saving.ts';
import { newContainerName } from './smoke/docker.ts';
import { smokeImage } from './smoking.ts';
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
  else if (command === 'smoke') return smokeCommand(operands[0] ?? '', inputs, problems, format, cancel);
  else if (command === 'explain') return explainCommand(operands, problems, format);
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
  const container = newContainerName();
  const guarded = <T>(work: () => Promise<T>) => work();
  const save = (order: SaveOrder) => saveNow(order, cancel);
  const machine = format === 'json';
  const ui = { display: display('stderr'), print: printErr, guarded, container, save, machine };
  const result = await runJob(inputs, wrong, ui, cancel);
  if ('problems' in result) return refuse(result.problems);
  const { report } = result;
  if (inputs.report !== '') await writeText(inputs.report, toJson(report));
  await printReport(result, format);
  return report.outcome === 'success' ? 0 : 1;
}

async function printReport({ report, sources }: Done, format: Format): Promise<void> {
  if (format === 'json') printOut(toJson(report).trimEnd());
  if (format === 'text') printOut(`\n${terminalReport(report, sources, display('stdout'))}\n`);
  if (format === 'sarif') printOut(toSarif(report.lint, sources, await urisOf([report.dockerfile])));
  if (format === 'github') printAnnotations(annotationsOf(report));
}

function printAnnotations({ annotations, left }: Annotations): void {
  for (const annotation of annotations) annotate(annotation);
  if (left > 0) printErr(`GitHub shows ten annotations of a kind: ${left} more with --format text.`);
}

async function smokeCommand(
  image: string,
  inputs: Inputs,
  wrong: Problem[],
  format: Format,
  cancel: AbortSignal,
): Promise<number> {
  if (wrong.length > 0) return refuse(wrong);
  const result = await smokeImage(image, inputs, cancel);
  if ('problem' in result) return refuse([result.problem]);
  const { smoke } = result;
  const outcome = smoke.outcome === 'failed' ? 'failure' : 'success';
  const report = JSON.stringify({ schemaVersion: 1, image: printable(image), smoke, outcome }, null, 2);
  if (inputs.report !== '') await writeText(inputs.report, `${report}\n`);
  if (format === 'json') printOut(report);
  if (format === 'text') printOut(smokeText(smoke, display('stdout')));
  if (format === 'github') for (const annotation of smokeAnnotations(smoke, null)) annotate(annotation);
  return outcome === 'success' ? 0 : 1;
}

async function lintCommand(operands: string[], inputs: Inputs, wrong: Problem[], format: Format): Promise<number> {
  const paths = operands.length > 0 ? operands : [inputs.file || join(inputs.context, 'Dockerfile')];
  const linted = await lintPaths(paths, inputs);
  if ('problems' in linted || wrong.length > 0) {
    return refuse([...wrong, ...('problems' in linted ? linted.problems : [])]);
  }
  const { files, sources, lint } = linted;
  const serious =
    inputs.lint === 'error'
      ? seriousFindings(lint.findings)
      : lint.findings.filter(({ severity }) => severity === 'error');
  const outcome = serious.length > 0 ? 'failure' : 'success';
  if (format === 'json') printOut(JSON.stringify({ schemaVersion: 1, files, lint, outcome }, null, 2));
  if (format === 'text') printOut(findingsText(lint, sources, display('stdout')));
  if (format === 'sarif') printOut(toSarif(lint, sources, await urisOf(files)));
  if (format === 'github') printAnnotations(findingAnnotations(lint.findings));
  return outcome === 'success' ? 0 : 1;
}

async function explainCommand(operands: string[], wrong: Problem[], format: Format): Promise<number> {
  const [old, recent] = await Promise.all(operands.slice(0, 2).map(openReport));
  const unread = [old, recent].flatMap((opened) => (opened && 'problem' in opened ? [opened.problem] : []));
  if (!old || !recent || 'problem' in old || 'problem' in recent || wrong.length > 0) {
    return refuse([...wrong, ...unread]);
  }
  const explained = explainReports(old.report, recent.report);
  if (format === 'json') printOut(toJson(explained).trimEnd());
  if (format === 'text') printOut(comparisonText(old.report, explained, display('stdout')));
  if (format === 'github') printAnnotations(missAnnotations(explained));
  return 0;
}

/** The report in a file, or why there is none. */
async function openReport(file: string): Promise<{ report: Report } | { problem: Problem }> {
  const { text, problem } = await readText(file);
  const read = text === null ? { report: null, problem } : readReport(text);
  return read.report
    ? { report: read.report }
    : { problem: { kind: 'usage', message: `${oneLine(file)} ${read.problem}.`, file } };
}

function refuse(problems: Problem[]): number {
  for (const { message } of problems) printErr(`${paint('red', '✗', display('stderr'))} ${printable(message)}`);
  return problems.some(({ kind }) => kind === 'usage') ? 2 : 1;
}
