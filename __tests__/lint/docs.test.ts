// The pages are executed: every Bad block fires, every Good block is silent. And each rule has all its parts.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { indexPage } from '../../src/lint/index-page.ts';
import { RULES } from '../../src/lint/rules/index.ts';
import { lines, lintText } from './support.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const page = (id: string) => readFileSync(path(`src/lint/rules/${id}.md`), 'utf8');

/** The Dockerfiles in the fences below a heading, up to the next one. */
function blocks(markdown: string, heading: string): string[] {
  const [, section = ''] = markdown.split(new RegExp(`^### ${heading}$`, 'm'));
  return [...section.replace(/^#{2,3} .*/ms, '').matchAll(/^```dockerfile\n(.*?)^```$/gms)].map(
    ([, text = '']) => text,
  );
}

describe.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  const bad = blocks(page(id), 'Bad');
  const good = blocks(page(id), 'Good');

  test.each(bad)('Bad: %s', (text) => {
    const { findings } = lintText(text, id);
    expect(findings.map((finding) => finding.rule)).toEqual([id]);
  });

  test.each(good)('Good: %s', (text) => {
    expect(lines(lintText(text, id).findings)).toBe('');
    // Nobody should learn another mistake from it.
    expect(lines(lintText(text).findings.filter(({ severity }) => severity !== 'notice'))).toBe('');
  });

  test('the page is complete and says what the rule says', () => {
    expect(bad.length).toBeGreaterThan(0);
    expect(good.length).toBeGreaterThan(0);
    expect(page(id)).toContain(`# ${id}\n\n${rule.summary}`);
    expect(page(id).match(/^## .*/gm)).toEqual(
      expect.arrayContaining(['## Why', '## What to do', '## When not to use it', '## How to ignore it']),
    );
    expect(page(id)).toContain(`cached-docker-build ignore=${id} `);
  });

  test('the page tells of the fix, if the rule has one', () => {
    const examples = readdirSync(path(`__tests__/lint/testdata/${id}`));
    const [, told = ''] = page(id).split('\n## Fix\n\n');
    const isTold = told !== '' && !told.startsWith('None is made');
    expect(isTold).toBe(examples.some((name) => name.endsWith('.fixed')));
  });

  test('ids are in kebab case, summaries are one sentence', () => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(rule.summary).toMatch(/^[A-Z][^\n]*\.$/);
  });
});

test('rule, page and examples: one of each', () => {
  const ids = RULES.map(({ id }) => id).sort();
  const names = (folder: string, extension: string) =>
    readdirSync(path(folder))
      .filter((name) => name.endsWith(extension) && name !== 'index.ts')
      .map((name) => name.slice(0, name.length - extension.length))
      .sort();
  expect(names('src/lint/rules', '.ts')).toEqual(ids);
  expect(names('src/lint/rules', '.md')).toEqual(ids);
  expect(names('__tests__/lint/testdata', '')).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test('every Dockerfile in testdata has its output, and every output its Dockerfile', () => {
  for (const { id } of RULES) {
    const files = readdirSync(path(`__tests__/lint/testdata/${id}`)).filter((name) => name !== 'ok');
    const stems = (extension: string) =>
      files.filter((name) => name.endsWith(extension)).map((name) => name.slice(0, -extension.length));
    expect(stems('.out')).toEqual(stems('.Dockerfile'));
    // Some have what they become as well.
    expect(stems('.Dockerfile')).toEqual(expect.arrayContaining(stems('.fixed')));
    expect(files).toHaveLength(2 * stems('.out').length + stems('.fixed').length);
  }
});

test('docs/rules.md is up to date (npm run build writes it)', () => {
  expect(readFileSync(path('docs/rules.md'), 'utf8')).toBe(indexPage(RULES));
});
