// Report → annotations on the pull request's lines: plain data for the Actions runtime. Pure.

import type { Finding } from '../lint/finding.ts';
import type { Report } from './report.ts';
import { failureText } from './text.ts';

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
 * https://docs.github.com/rest/checks/runs (annotations of a workflow step)
 */
const PER_LEVEL = 10;

/** The annotations of a report, worst first, within GitHub's limit. */
export function annotationsOf(report: Report): Annotation[] {
  const all = [...failures(report), ...report.lint.findings.map(fromFinding)];
  return (['error', 'warning', 'notice'] as const).flatMap((level) =>
    all.filter((annotation) => annotation.level === level).slice(0, PER_LEVEL),
  );
}

export function fromFinding({ rule, severity, file, line, endLine, column, message, remedy }: Finding): Annotation {
  const text = remedy === '' ? message : `${message}\n\n${remedy}`;
  return { level: severity, title: rule, message: text, file, line, endLine, column };
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
