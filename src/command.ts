// The job as a command in a terminal: progress on stderr, the report on stdout.

import { join } from 'node:path';
import { explainReports } from './explaining.ts';
import { type Format, helpText, type Invocation, readArguments } from './flags.ts';
import { annotate } from './host/actions.ts';
import { cancelSignal, exitCodeOf } from './host/cancel.ts';
import { readText, writeText } from './host/files.ts';
import { display, exit, printErr, printOut, writeOut } from './host/terminal.ts';
import type { Inputs, Problem } from './inputs.ts';
import type { SaveOrder } from './layers.ts';
import type { Finding } from './lint/finding.ts';
import { type LintedFiles, lintPaths, STANDARD_INPUT, urisOf } from './linting.ts';
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
import { diffText } from './report/diff.ts';
import { type Display, paint } from './report/display.ts';
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
  const { command, inputs, problems, format } = invocation;
  if (command === 'version') printOut(version);
  else if (command === 'build') return buildCommand(inputs, problems, format, cancel);
  else if (command === 'lint') return lintCommand(invocation);
  else if (command === 'explain') return explainCommand(invocation);
  else if (command === 'smoke') return smokeCommand(invocation, cancel);
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
  { operands: [image = ''], inputs, problems, format }: Invocation,
  cancel: AbortSignal,
): Promise<number> {
  if (problems.length > 0) return refuse(problems);
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

const twoOutputs: Problem = {
  kind: 'usage',
  message:
    '--format github and the fixed text of standard input would both go to standard output: take another format.',
  file: null,
};

async function lintCommand({ operands, inputs, problems: wrong, format, fix }: Invocation): Promise<number> {
  const paths = operands.length > 0 ? operands : [inputs.file || join(inputs.context, 'Dockerfile')];
  const piped = fix && paths.includes(STANDARD_INPUT);
  if (piped && format === 'github') wrong.push(twoOutputs);
  // Nothing is written while something is wrong.
  const linted = await lintPaths(paths, inputs, fix && wrong.length === 0);
  if (linted.files === undefined || wrong.length > 0) {
    return refuse([...wrong, ...(linted.files === undefined ? linted.problems : [])]);
  }
  const { lint, sources } = linted;
  const serious =
    inputs.lint === 'error'
      ? seriousFindings(lint.findings)
      : lint.findings.filter(({ severity }) => severity === 'error');
  const failed = serious.length > 0 || linted.problems.length > 0;
  // Standard output is for the text that came on standard input, and what is said of it goes beside it.
  if (piped) writeOut(linted.piped);
  const print = piped ? printErr : printOut;
  const beside = display(piped ? 'stderr' : 'stdout');
  if (format === 'text') printDiffs(linted, print, beside);
  else if (!piped) printDiffs(linted, printErr, display('stderr'));
  if (format === 'json') print(lintJson(linted, fix, failed));
  if (format === 'text') print(findingsText(lint, sources, beside) + fixHint(lint.findings));
  if (format === 'sarif') print(toSarif(lint, sources, await urisOf(linted.files)));
  if (format === 'github') printAnnotations(findingAnnotations(lint.findings));
  refuse(linted.problems);
  return failed ? 1 : 0;
}

/** What --fix would do for the findings; '' if nothing. */
function fixHint(findings: readonly Finding[]): string {
  const fixable = findings.filter(({ fix }) => fix !== null).length;
  return fixable > 0 ? `\n\n  ${fixable} of them can be mended safely: cached-docker-build lint --fix` : '';
}

function lintJson({ files, lint, fixed }: LintedFiles, fix: boolean, failed: boolean): string {
  const mended = fix ? { fixed: fixed.map(({ file }) => file) } : {};
  return JSON.stringify({ schemaVersion: 1, files, ...mended, lint, outcome: failed ? 'failure' : 'success' }, null, 2);
}

function printDiffs({ fixed }: LintedFiles, print: (text: string) => void, shown: Display): void {
  for (const { file, before, after } of fixed) print(`${diffText(file, before, after, shown)}\n`);
}

async function explainCommand({ operands, problems: wrong, format }: Invocation): Promise<number> {
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
