// What must agree between files that no compiler compares.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { homepage, version } from '../src/version.ts';
import { read, root } from './support/engine.ts';

const manifest = JSON.parse(read(root, 'package.json'));
const action = read(root, 'action.yml');

test('the version is that of package.json', () => expect(version).toBe(manifest.version));

test('the README’s example is of the repository that findings link to', () =>
  expect(read(root, 'README.md')).toContain(`uses: ${homepage.replace('https://github.com/', '')}@v0`));

test('what action.yml and package.json start is there', () => {
  const started = [...action.matchAll(/^ {2}(?:main|post): (\S+)$/gm)].map(([, file]) => file ?? '');
  expect(started).toHaveLength(2);
  for (const file of [...started, ...Object.values<string>(manifest.bin)])
    expect(existsSync(join(root, file))).toBe(true);
  expect(action).toContain('using: node24');
});

test('the bundle needs nothing but Node', () => {
  const imports = [...read(root, 'dist/index.js').matchAll(/^import .* from "([^"]+)"/gm)].map(
    ([, from]) => from ?? '',
  );
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((from) => !/^(node:)?[a-z_]+(\/promises)?$/.test(from))).toEqual([]);
});
