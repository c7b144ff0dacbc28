// Report → annotations on the pull request's lines: plain data for the Actions runtime. Pure.

import type { Finding } from '../lint/finding.ts';
import { costText, evidenceLines, kindText, type Reason, reasonsOf, wordsOf } from './reasons.ts';
import type { Report, SmokeReport } from './report.ts';
import { advice, failureText, firstUpper, smokeDetails, worstFirst } from './text.ts';

export interface Annotation {
  level: 'error' | 'warning' | 'notice';
  title: string;
  message: string;
  file: string | null;
  line: number | null;
  endLine: number | null;
  column: number | null;
}

/**
 * GitHub shows 10 of each level per step and drops the rest.
 * https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
 */
const PER_LEVEL = 10;

/** Of the places for notices, misses that cost as much as a second take up to half before the lint has any. */
const MISSES_FIRST = 5;
const DEAR = 1;

/** Annotations within GitHub's limit, and how many findings have none for that reason. */
export interface Annotations {
  annotations: Annotation[];
  left: number;
}

/** The annotations of a report: what failed, then findings and what made steps run again, worst first. */
export function annotationsOf(report: Report): Annotations {
  const { smoke, dockerfile, lint } = report;
  const misses = fromReasons(report);
  const dear = misses.filter(({ cost }) => cost >= DEAR).slice(0, MISSES_FIRST);
  const others = misses.slice(dear.length);
  const plain = (all: typeof misses): Annotation[] => all.map(({ annotation }) => annotation);
  return within([
    ...failures(report),
    ...smokeAnnotations(smoke, dockerfile),
    ...plain(dear),
    ...fromFindings(lint.findings),
    ...plain(others),
  ]);
}

/** A smoke test that failed, or a program that had to be killed, at the line that names the program. */
export function smokeAnnotations(smoke: SmokeReport, file: string | null): Annotation[] {
  const at = (level: Annotation['level'], title: string, lines: string[]): Annotation => ({
    ...{ level, title, message: lines.join('\n'), file, line: smoke.line, endLine: smoke.line, column: null },
  });
  if (smoke.outcome === 'failed') {
    return [at('error', 'smoke test failed', [smoke.evidence, ...smokeDetails(smoke), ...smoke.log])];
  }
  return smoke.stop?.notice ? [at('notice', 'smoke test', [smoke.stop.notice])] : [];
}

/** The annotations of what made steps run again, and of nothing else. */
export function missAnnotations(report: Report): Annotations {
  return within(fromReasons(report).map(({ annotation }) => annotation));
}

/** The annotations of findings alone, worst first. */
export function findingAnnotations(findings: Finding[]): Annotations {
  return within(fromFindings(findings));
}

/** Each level has a limit of its own, so that no number of notices takes the place of a warning. */
function within(all: Annotation[]): Annotations {
  const annotations = (['error', 'warning', 'notice'] as const).flatMap((level) =>
    all.filter((annotation) => annotation.level === level).slice(0, PER_LEVEL),
  );
  return { annotations, left: all.length - annotations.length };
}

function fromFindings(findings: Finding[]): Annotation[] {
  return worstFirst(findings).map((finding) => {
    const { rule, severity, file, line, endLine, column } = finding;
    return { level: severity, title: rule, message: advice(finding), file, line, endLine, column };
  });
}

/** A notice on each line where something that changed made steps run, the most expensive first. */
function fromReasons({ build, dockerfile }: Report): { cost: number; annotation: Annotation }[] {
  return reasonsOf(build.steps)
    .filter(({ general }) => !general)
    .flatMap((reason) => {
      const lines = [...new Set(reason.roots.map(({ line }) => line))].filter((line) => line !== null);
      const { cost, cause } = reason;
      const title = `cache miss: ${kindText(cause)}`;
      return lines.map((line) => {
        const place = { file: dockerfile, line, endLine: line, column: null };
        return { cost, annotation: { level: 'notice' as const, title, message: textOf(reason), ...place } };
      });
    });
}

function textOf(reason: Reason): string {
  const { detail, todo, paste } = wordsOf(reason.cause);
  const proof = evidenceLines(reason.cause, 200).join('\n');
  return [detail, proof, `${firstUpper(costText(reason))}.`, [todo, ...paste].join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}

function failures(report: Report): Annotation[] {
  const { build, push, dockerfile } = report;
  const at = (title: string, message: string, line: number | null): Annotation => ({
    level: 'error',
    title,
    message,
    file: dockerfile,
    line,
    endLine: line,
    column: null,
  });
  const reason = failureText(report);
  const failed = build.steps.find(({ id }) => id === build.failure?.step);
  return [
    ...(reason === null
      ? []
      : [at('docker build failed', [reason, ...(build.failure?.log ?? [])].join('\n'), failed?.line ?? null)]),
    ...(push?.outcome === 'failed' ? [at('docker push failed', push.reason ?? '', null)] : []),
  ];
}
