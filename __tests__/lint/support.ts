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
 * b/c` or `# context: unknown`; a line `# history: 200 a=149 b/c=12` how many of the last commits changed what, the newest
 * ones always; a line `# job: …` what it is built with: `classic`, or a build argument `NAME=VALUE`. What `.gitignore` and
 * `.dockerignore` have in them say `# gitignore: a b` and `# dockerignore: a b`: names of directories, wherever they are.
 */
export function lintText(text: string, id: string | null = null): Linted {
  const head = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const [, files = 'unknown'] = /^# context:(.*)/.exec(head) ?? [];
  const context = files.trim() === 'unknown' ? null : files.trim().split(/\s+/);
  // `# text PATH: …` says what a file has in it, with \n for a line end.
  const texts = new Map(
    [...head.matchAll(/^# text (\S+): (.*)$/gm)].map(([, path = '', content = '']) => [
      path,
      content.replaceAll('\\n', '\n'),
    ]),
  );
  const job = (/^# job:(.*)/m.exec(head)?.[1] ?? '').trim().split(/\s+/);
  const buildArgs = Object.fromEntries(job.filter((word) => word.includes('=')).map((word) => word.split('=')));
  const builder = job.includes('classic') ? 'classic' : null;
  const ignored = /^# dockerignore:(.*)/m.exec(text);
  const isIn = (path: string, names = '') => path.split('/').some((name) => names.trim().split(/\s+/).includes(name));
  const rules = RULES.filter((rule) => id === null || rule.id === id);
  const input = {
    ...parseDockerfile(text, 'Dockerfile', buildArgs),
    contextHas: contextOf(context),
    contextText: (path: string) => texts.get(path) ?? null,
    contextNames: (directory: string) => namesIn(directory, context ?? []),
    contextTakes: (path: string) => (context === null ? null : !isIn(path, ignored?.[1])),
    ignoreFile: ignored && '.dockerignore',
    recentChanges: () => historyIn(head),
    ignoredByGit: (paths: readonly string[]) =>
      paths.filter((path) => isIn(path, /^# gitignore:(.*)/m.exec(text)?.[1])),
    filesWith: (pattern: string) =>
      context && [...texts].flatMap(([path, content]) => (new RegExp(pattern, 'm').test(content) ? [path] : [])),
  };
  return lint({ ...input, job: { builder, buildArgs, buildContexts: [] } }, rules);
}

function historyIn(text: string): string[][] {
  const [count = '0', ...files] = (/^# history:(.*)/m.exec(text)?.[1] ?? '').trim().split(/\s+/);
  const counts = files.map((file) => file.split('='));
  return Array.from({ length: Number(count) }, (_, at) =>
    counts.flatMap(([file = '', times]) => (at < Number(times) ? [file] : [])),
  );
}

function namesIn(directory: string, files: readonly string[]): string[] {
  const prefix = directory === '.' || directory === '' ? '' : `${directory}/`;
  const inside = files.filter((file) => file.startsWith(prefix));
  return [...new Set(inside.map((file) => file.slice(prefix.length).split('/')[0] ?? ''))];
}

/** One line per finding: `line:column severity message`, as the golden files have it. */
export function lines(findings: readonly Finding[]): string {
  return findings.map(({ line, column, severity, message }) => `${line}:${column} ${severity} ${message}\n`).join('');
}
