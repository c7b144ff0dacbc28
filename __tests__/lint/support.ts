// What the tests of the rules share: a context made of a list of paths, and the text of findings.
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import type { Finding } from '../../src/lint/finding.ts';
import { lint } from '../../src/lint/lint.ts';

/** Tells of a context with these files; `null` is no context at all. */
export function contextOf(files: readonly string[] | null): (path: string) => boolean | null {
  if (files === null) return () => null;
  return (path) => files.some((file) => file === path || file.startsWith(`${path}/`));
}

/** Lints a Dockerfile. Its first line may say what the context has: `# context: a b/c` or `# context: unknown`. */
export function lintText(text: string): { findings: Finding[]; suppressed: number } {
  const [, files = 'unknown'] = /^# context:(.*)/.exec(text) ?? [];
  const context = files.trim() === 'unknown' ? null : files.trim().split(/\s+/);
  return lint({ ...parseDockerfile(text, 'Dockerfile'), contextHas: contextOf(context) });
}

/** One line per finding: `line:column severity message`, as the golden files have it. */
export function lines(findings: readonly Finding[]): string {
  return findings.map(({ line, column, severity, message }) => `${line}:${column} ${severity} ${message}\n`).join('');
}
