// Report → markdown for the job summary. Everything from the Dockerfile, the build and the container is escaped. Pure.

import type { Finding, Severity } from '../lint/finding.ts';
import { annotationsOf } from './annotations.ts';
import { code, difference, escapeText, preformatted, together, withCode } from './markdown.ts';
import {
  costText,
  evidenceLines,
  extent,
  kindText,
  leftReasons,
  overview,
  placesText,
  type Reason,
  statusText,
  whyText,
  wordsOf,
} from './reasons.ts';
import type { Report, SmokeReport, Step, StepStatus } from './report.ts';
import {
  bar,
  cacheText,
  complaint,
  count,
  cut,
  duration,
  engineName,
  failureText,
  firstUpper,
  layerText,
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
/** Characters of the names of platform and stage in the table. */
const LONGEST_NAME = 40;
/** Characters of an instruction, and of a line of evidence, which does not wrap. */
const LONGEST_TEXT = 90;
const LONGEST_EVIDENCE = 110;
const MOST_REASONS = 20;
/** Reasons that nobody has to unfold: what is read at a glance. */
const OPEN_REASONS = 3;

const MARKS: Record<StepStatus, string> = {
  hit: '🟢',
  miss: '🟠',
  failed: '🔴',
  'not-run': '⚪',
};

/** The summary of a job: a verdict to read at a glance, then the steps, the smoke test and the findings. */
export function summary(report: Report): string {
  const tags = report.tags.map((tag) => ` → ${code(tag)}`).join('');
  const blocks = [
    `### ${report.outcome === 'success' ? '✅' : '❌'} ${escapeText(verdict(report))}`,
    `${code(report.dockerfile)}${tags} · ${escapeText(engineName(report))}`,
    failureBlock(report),
    reasonsBlock(report),
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

/** Why steps were not reused, the most expensive reason first, and what the cache saved. */
function reasonsBlock(report: Report): string {
  const { headline, reasons, compared } = overview(report);
  const block = (reason: Reason) => reasonBlock(reason, report.build.steps);
  const folded = reasons.slice(OPEN_REASONS);
  const left = reasons.slice(MOST_REASONS);
  return [
    ...(headline === null ? [] : [`**${escapeText(headline)}**`]),
    ...reasons.slice(0, OPEN_REASONS).map(block),
    ...(folded.length === 0 ? [] : [`<details><summary>… and ${escapeText(leftReasons(folded))}</summary>`]),
    ...reasons.slice(OPEN_REASONS, MOST_REASONS).map(block),
    ...(left.length === 0 ? [] : [`… and ${escapeText(leftReasons(left))}: the table has them all.`]),
    ...(folded.length === 0 ? [] : ['</details>']),
    ...(compared === null ? [] : [`<sub>Compared with the build of ${escapeText(compared)}.</sub>`]),
  ].join('\n\n');
}

/** A reason: what kind it is, where, and what it cost; then the proof, and what to do. */
function reasonBlock(reason: Reason, steps: Step[]): string {
  const { cause, roots, general } = reason;
  const [{ text }] = roots;
  const kind = `**${firstUpper(kindText(cause))}**`;
  const where = `${escapeText(placesText(reason, steps))} ${code(cut(text, LONGEST_TEXT))}`;
  const head = general
    ? [`⚪ ${kind} · ${escapeText(extent(reason))}`, ...(roots.length > 1 ? [] : [where])]
    : [`🟠 ${kind} · ${where}`, escapeText(costText(reason)).replace(escapeText(duration(reason.cost)), '**$&**')];
  const { detail, todo, paste } = wordsOf(cause);
  const proof = evidenceLines(cause, LONGEST_EVIDENCE);
  return [
    [head.join(' · '), withCode(detail)].filter((part) => part !== '').join('<br>'),
    ...(proof.length > 0 ? [difference(proof)] : []),
    ...(todo === '' ? [] : [`➡️ ${withCode(todo)}`]),
    ...(paste.length > 0 ? [preformatted(paste)] : []),
  ].join('\n\n');
}

function stepTable(report: Report): string {
  const { steps } = report.build;
  if (steps.length === 0) return '';
  const longest = steps.reduce((most, { seconds }) => Math.max(most, seconds), 0);
  const why = whyText(steps, LONGEST_NAME);
  const words = steps.some((step) => why(step) !== '');
  const sizes = steps.some((step) => layerText(step) !== '');
  const reason = (step: Step): string => {
    const text = together(escapeText(why(step)));
    return text === '' || step.cause?.kind === 'consequence' ? text : `**${text}**`;
  };
  const row = (step: Step) =>
    [
      together(escapeText(stepNumber(step, steps, LONGEST_NAME))),
      step.line ?? '',
      code(cut(step.text, LONGEST_TEXT)),
      together(`${MARKS[step.status]} ${escapeText(statusText(step))}`),
      ...(words ? [reason(step)] : []),
      ...(sizes ? [together(escapeText(layerText(step)))] : []),
      step.status === 'not-run' && step.seconds === 0 ? '' : together(escapeText(duration(step.seconds))),
      bar(step.seconds, longest, 10),
    ].join(' | ');
  const rows = steps.slice(0, MOST_STEPS).map((step) => `| ${row(step)} |`);
  const phases = notablePhases(report);
  return [
    `| step | line | instruction | cache | ${words ? 'why | ' : ''}${sizes ? 'layer | ' : ''}time | |`,
    `|:--|--:|:--|:--|${words ? ':--|' : ''}${sizes ? '--:|' : ''}--:|:--|`,
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
function findingBlock(finding: Finding): string {
  const { file, line, severity, rule, remedy } = finding;
  const [todo = '', ...paste] = remedy.split('\n');
  const head = `${SIGNS[severity]} **${escapeText(file)}, line ${line}** · ${code(rule)}<br>${withCode(complaint(finding))}`;
  return [
    `${head}${todo === '' ? '' : `<br>${withCode(todo)}`}`,
    ...(paste.length > 0 ? [preformatted(paste)] : []),
  ].join('\n\n');
}

function logBlock(log: string[]): string {
  if (log.length === 0) return '';
  return `\n\n<details open><summary>last lines of the log</summary>\n\n${preformatted(log)}\n\n</details>`;
}
