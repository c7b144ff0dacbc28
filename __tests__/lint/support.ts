// What the tests of the rules share: a context made of a list of paths, and the text of findings.
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import type { Finding } from '../../src/lint/finding.ts';
import { type Linted, lint } from '../../src/lint/lint.ts';
import { RULES } from '../../src/lint/rules/index.ts';

/** Tells of a context with these files; `null` is no context at all. */
export function contextOf(files: readonly string[] | null): (path: string) => boolean | null {
  if (files === null) return () => null;
  return (path) => files.some((file) => file === path || file.startsWith(`${path}/`));
}

/**
 * Lints a Dockerfile with the rule of that id, or with all. Its first line may say what the context has: `# context: a
 * b/c` or `# context: unknown`; and a line `# job: …` what it is built with: `classic`, or a build argument `NAME=VALUE`.
 */
export function lintText(text: string, id: string | null = null): Linted {
  const [, files = 'unknown'] = /^# context:(.*)/.exec(text) ?? [];
  const context = files.trim() === 'unknown' ? null : files.trim().split(/\s+/);
  const job = (/^# job:(.*)/m.exec(text)?.[1] ?? '').trim().split(/\s+/);
  const buildArgs = Object.fromEntries(job.filter((word) => word.includes('=')).map((word) => word.split('=')));
  const builder = job.includes('classic') ? 'classic' : null;
  const rules = RULES.filter((rule) => id === null || rule.id === id);
  const input = { ...parseDockerfile(text, 'Dockerfile', buildArgs), contextHas: contextOf(context) };
  return lint({ ...input, job: { builder, buildArgs, buildContexts: [] } }, rules);
}

/** One line per finding: `line:column severity message`, as the golden files have it. */
export function lines(findings: readonly Finding[]): string {
  return findings.map(({ line, column, severity, message }) => `${line}:${column} ${severity} ${message}\n`).join('');
}
