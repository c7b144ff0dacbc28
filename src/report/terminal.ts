// Report → text for a terminal or a plain log. Pure: what the terminal can show comes in as `Display`, and the report has
// been cleaned of control characters (clean.ts).

import type { Finding } from '../lint/finding.ts';
import { oneLine } from './clean.ts';
import { type Display, paint, type Style } from './display.ts';
import { excerpt } from './excerpt.ts';
import type { LintReport, Report, SmokeReport, Sources } from './report.ts';
import { reasonsText, stepTable } from './terminal-steps.ts';
import {
  cacheText,
  complaint,
  count,
  engineName,
  failureText,
  leftOut,
  pushText,
  smokeDetails,
  verdict,
  wrap,
} from './text.ts';

/** The report of a job, ready to print. */
export function terminalReport(report: Report, sources: Sources, display: Display): string {
  const good = report.outcome === 'success';
  const image = report.tags.length > 0 ? ` → ${report.tags.join(', ')}` : '';
  const blocks = [
    paint('bold', paint(good ? 'green' : 'red', `${good ? '✓' : '✗'} ${verdict(report)}`, display), display) +
      `\n  ${paint('dim', `${report.dockerfile}${image} · ${engineName(report)}`, display)}`,
    failureBlock(report, display),
    reasonsText(report, display),
    stepTable(report, display),
    report.build.notice ?? '',
    cacheBlock(report, display),
    smokeText(report.smoke, display),
    pushBlock(report, display),
    findingsText(report.lint, sources, display),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function failureBlock(report: Report, display: Display): string {
  const reason = failureText(report);
  if (reason === null) return '';
  return [`  ${paint('red', reason, display)}`, ...logLines(report.build.failure?.log ?? [])].join('\n');
}

function cacheBlock(report: Report, display: Display): string {
  const text = cacheText(report);
  return text === null ? '' : `  layers      ${wrap(text, display.width - 14).join('\n              ')}`;
}

/** The smoke test, ready to print. */
export function smokeText(smoke: SmokeReport, display: Display): string {
  const style = smoke.outcome === 'passed' ? 'green' : smoke.outcome === 'failed' ? 'red' : 'dim';
  const indent = '\n              ';
  const wrapped = (text: string) => wrap(text, display.width - 14).join(indent);
  const evidence = wrapped(`${smoke.outcome}: ${smoke.evidence}`).slice(smoke.outcome.length);
  const more = smokeDetails(smoke).map((text) => `              ${wrapped(text)}`);
  const log = smoke.outcome === 'failed' ? logLines(smoke.log) : [];
  return [`  smoke test  ${paint(style, smoke.outcome, display)}${evidence}`, ...more, ...log].join('\n');
}

function pushBlock({ push }: Report, display: Display): string {
  const text = pushText(push);
  return text === null ? '' : `  push        ${wrap(text, display.width - 14).join('\n              ')}`;
}

function logLines(log: string[]): string[] {
  return log.map((line) => `    │ ${line}`);
}

/** The lint's findings, ready to print: a place to click on, the lines there, then what is wrong and what to do. */
export function findingsText(
  { findings, suppressed, ignored }: LintReport,
  sources: Sources,
  display: Display,
): string {
  const lines = new Map([...sources].map(([file, text]) => [file, text.replace(/^\ufeff/, '').split('\n')]));
  const found = findings.length === 0 ? 'no findings' : count(findings.length, 'finding');
  const left = leftOut(suppressed, ignored).map((text) => `, ${text}`);
  const head = `  lint        ${found}${left.join('')}`;
  return [head, ...findings.map((finding) => findingText(finding, lines.get(finding.file) ?? [], display))].join(
    '\n\n',
  );
}

/** One finding: `Dockerfile:3: warning [rule]`, a form that editors and terminals make clickable, and the text below. */
function findingText(finding: Finding, lines: readonly string[], display: Display): string {
  const { rule, severity, file, line, remedy } = finding;
  const style = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'dim';
  const [todo = '', ...paste] = remedy.split('\n');
  return [
    `  ${paint('bold', `${oneLine(file)}:${line}`, display)}: ${paint(style, severity, display)} [${rule}]`,
    ...excerptLines(finding, lines, style, display),
    ...wrap(complaint(finding), display.width - 4).map((text) => `    ${text}`),
    ...wrap(todo, display.width - 4).map((text) => `    ${text}`),
    ...paste.map((text) => `      ${text}`),
  ].join('\n');
}

/** The lines that a finding is about, behind their numbers. */
function excerptLines(finding: Finding, lines: readonly string[], style: Style, display: Display): string[] {
  const digits = String(finding.endLine).length;
  const edge = (number: number | null): string =>
    paint('dim', `    ${String(number ?? '').padStart(digits)} │`, display);
  return excerpt(lines, finding, display.width - digits - 7).flatMap(({ number, text, mark }) => [
    `${edge(number)} ${number === null ? paint('dim', text, display) : text}`.trimEnd(),
    ...(mark === null ? [] : [`${edge(null)} ${paint(style, mark, display)}`]),
  ]);
}
