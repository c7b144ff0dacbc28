// testdata/<rule>/<case>.Dockerfile gives <case>.out; what lies in ok/ gives nothing. UPDATE=1 npm test writes the outputs.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
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

  test.each(dockerfiles(join(folder, 'ok')))('ok/%s', (name) => {
    expect(lines(lintText(readFileSync(join(folder, 'ok', name), 'utf8'), id).findings)).toBe('');
  });
});
