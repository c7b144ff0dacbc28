// Report → annotations on the pull request's lines: plain data for the Actions runtime. Pure.

import type { Finding } from '../lint/finding.ts';
import type { Report } from './report.ts';
import { advice, failureText, worstFirst } from './text.ts';

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

/** Annotations within GitHub's limit, and how many findings have none for that reason. */
export interface Annotations {
  annotations: Annotation[];
  left: number;
}

/** The annotations of a report: what failed, then the findings, worst first. */
export function annotationsOf(report: Report): Annotations {
  return within([...failures(report), ...fromFindings(report.lint.findings)]);
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

function failures(report: Report): Annotation[] {
  const { build, smoke, dockerfile } = report;
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
    ...(smoke.outcome === 'failed' ? [at('smoke test failed', [smoke.evidence, ...smoke.log].join('\n'), null)] : []),
  ];
}
