// testdata/<rule>/<case>.Dockerfile gives <case>.out, and <case>.fixed where there is a fix; what lies in ok/ gives nothing. UPDATE=1 npm test writes the outputs.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { makeFixes } from '../../src/lint/fixing.ts';
import { RULES } from '../../src/lint/rules/index.ts';
import { lines, lintText } from './support.ts';

const testdata = fileURLToPath(new URL('testdata', import.meta.url));
const dockerfiles = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.Dockerfile'));

describe.each(RULES.map(({ id }) => id))('%s', (id) => {
  const folder = join(testdata, id);

  test.each(dockerfiles(folder))('%s', (name) => {
    const { findings } = lintText(readFileSync(join(folder, name), 'utf8'), id);
    const golden = join(folder, name.replace(/Dockerfile$/, 'out'));
    if (process.env.UPDATE) writeFileSync(golden, lines(findings));
    expect(lines(findings)).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : 'UPDATE=1 npm test writes it');
    expect(findings.map(({ rule }) => rule)).toContain(id);
  });

  test.each(dockerfiles(folder))('%s, fixed', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const fixed = makeFixes(text, (changed) => lintText(changed, id)).text;
    const golden = join(folder, name.replace(/Dockerfile$/, 'fixed'));
    if (process.env.UPDATE && fixed !== text) writeFileSync(golden, fixed);
    expect(fixed).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : text);
  });

  test.each(dockerfiles(join(folder, 'ok')))('ok/%s', (name) => {
    expect(lines(lintText(readFileSync(join(folder, 'ok', name), 'utf8'), id).findings)).toBe('');
  });
});
