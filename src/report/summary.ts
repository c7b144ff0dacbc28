// Report → markdown for the job summary. Everything from the Dockerfile, the build and the container is escaped. Pure.

import type { Finding, Severity } from '../lint/finding.ts';
import { annotationsOf } from './annotations.ts';
import type { Report, SmokeReport, Step, StepStatus } from './report.ts';
import {
  bar,
  cacheText,
  count,
  cut,
  duration,
  engineName,
  failureText,
  leftOut,
  notablePhases,
  pushText,
  smokeDetails,
  stepNumber,
  verdict,
  worstFirst,
} from './text.ts';

/** A summary may have 1 MiB per step of the workflow; past these numbers the JSON report has the rest. */
const MOST_STEPS = 300;
const MOST_FINDINGS = 100;

const MARKS: Record<StepStatus, string> = {
  hit: '🟢 hit',
  miss: '🟠 miss',
  failed: '🔴 failed',
  'not-run': '⚪ not run',
};

/** The summary of a job: a verdict to read at a glance, then the steps, the smoke test and the findings. */
export function summary(report: Report): string {
  const tags = report.tags.map((tag) => ` → ${code(tag)}`).join('');
  const blocks = [
    `### ${report.outcome === 'success' ? '✅' : '❌'} ${escapeText(verdict(report))}`,
    `${code(report.dockerfile)}${tags} · ${escapeText(engineName(report))}`,
    failureBlock(report),
    stepTable(report),
    report.build.notice === null ? '' : escapeText(report.build.notice),
    cacheBlock(report),
    smokeBlock(report.smoke),
    pushBlock(report),
    lintBlock(report),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** What `post` adds: what became of the layers. */
export function savedSummary(text: string): string {
  return `**Layers saved behind the job:** ${escapeText(text)}\n`;
}

/** The summary of a job that could not begin. */
export function problemSummary(problems: { message: string }[]): string {
  const lines = problems.map(({ message }) => `- ${escapeText(message)}`);
  return `### ❌ Nothing was built\n\n${lines.join('\n')}\n`;
}

function stepTable(report: Report): string {
  const { steps } = report.build;
  if (steps.length === 0) return '';
  const longest = Math.max(...steps.map(({ seconds }) => seconds));
  const row = (step: Step) =>
    [
      together(escapeText(stepNumber(step, steps))),
      step.line ?? '',
      code(cut(step.text, 120)),
      together(MARKS[step.status]),
      step.status === 'not-run' && step.seconds === 0 ? '' : together(escapeText(duration(step.seconds))),
      bar(step.seconds, longest, 10),
    ].join(' | ');
  const rows = steps.slice(0, MOST_STEPS).map((step) => `| ${row(step)} |`);
  const phases = notablePhases(report);
  return [
    '| step | line | instruction | cache | time | |',
    '|:--|--:|:--|:--|--:|:--|',
    ...rows,
    ...(steps.length > MOST_STEPS ? ['', `… and ${steps.length - MOST_STEPS} more steps in the JSON report.`] : []),
    ...(phases.length > 0 ? ['', `Besides the steps: ${escapeText(phases.join(', '))}.`] : []),
  ].join('\n');
}

function failureBlock(report: Report): string {
  const reason = failureText(report);
  return reason === null ? '' : `**${escapeText(reason)}**${logBlock(report.build.failure?.log ?? [])}`;
}

function cacheBlock(report: Report): string {
  const text = cacheText(report);
  return text === null ? '' : `**Layers ${escapeText(text).replace(/(\.|&#58;)(?= |$)/, '$1**')}`;
}

function smokeBlock(smoke: SmokeReport): string {
  const details = smokeDetails(smoke).map((text) => `<br>${escapeText(text)}`);
  const log = smoke.outcome === 'failed' ? logBlock(smoke.log) : '';
  return `**Smoke test ${smoke.outcome}.** ${escapeText(smoke.evidence)}${details.join('')}${log}`;
}

function pushBlock({ push }: Report): string {
  const text = pushText(push);
  return text === null ? '' : `**Push ${push?.outcome}.** ${escapeText(text)}`;
}

function lintBlock(report: Report): string {
  const { findings, suppressed, ignored } = report.lint;
  const left = leftOut(suppressed, ignored);
  const silenced = left.length > 0 ? ` Left out: ${left.join(', ')}.` : '';
  if (findings.length === 0) return `**Lint: no findings.**${silenced}`;
  const { left: here } = annotationsOf(report);
  const alone =
    here > 0
      ? ` GitHub shows ten annotations of a kind: ${here} more ${here === 1 ? 'stands' : 'stand'} only here.`
      : '';
  const shown = worstFirst(findings).slice(0, MOST_FINDINGS).map(findingBlock);
  const more =
    findings.length > MOST_FINDINGS ? [`… and ${findings.length - MOST_FINDINGS} more in the JSON report.`] : [];
  return [`**Lint: ${count(findings.length, 'finding')}.**${silenced}${alone}`, ...shown, ...more].join('\n\n');
}

const SIGNS: Record<Severity, string> = { error: '❌', warning: '⚠️', notice: 'ℹ️' };

/** A finding: where, what, and what to do; the lines to paste as a block of their own. */
function findingBlock({ file, line, severity, rule, message, remedy }: Finding): string {
  const [todo = '', ...paste] = remedy.split('\n');
  const head = `${SIGNS[severity]} **${escapeText(file)}, line ${line}** · ${code(rule)}<br>${withCode(message)}`;
  return [
    `${head}${todo === '' ? '' : `<br>${withCode(todo)}`}`,
    ...(paste.length > 0 ? [preformatted(paste)] : []),
  ].join('\n\n');
}

/** Our own messages put code between backticks. */
function withCode(text: string): string {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return escapeText(text);
  return parts.map((part, at) => (at % 2 === 0 ? escapeText(part) : code(part))).join('');
}

function logBlock(log: string[]): string {
  if (log.length === 0) return '';
  return `\n\n<details open><summary>last lines of the log</summary>\n\n${preformatted(log)}\n\n</details>`;
}

function preformatted(lines: string[]): string {
  return `<pre>${lines.map(escapeText).join('\n')}</pre>`;
}

/** Keeps a cell of the table on one line. */
function together(text: string): string {
  return text.replaceAll(' ', '&nbsp;');
}

function code(text: string): string {
  return `<code>${escapeText(text)}</code>`;
}

/**
 * A text as it stands, on one line: whatever could mean something to markdown or HTML becomes an entity, which never
 * forms a construct (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references).
 */
export function escapeText(text: string): string {
  return text
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[&<>"`*_[\]()#|~@\\$!:]/g, (character) => `&#${character.charCodeAt(0)};`);
}
