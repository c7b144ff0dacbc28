// The context without an engine: how little is looked at, what must not hang, and what the lint makes of it.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Context, readContext } from '../../src/context/context.ts';
import { ignorePatterns } from '../../src/context/ignore.ts';
import { Patterns } from '../../src/context/pattern.ts';
import { openTree, type Tree } from '../../src/host/tree.ts';
import { readInputs } from '../../src/inputs.ts';
import { readDockerfile } from '../../src/pipeline.ts';
import { contextIn, copiedEntries, type Files, make } from './support.ts';

test.each<[string, string[]]>([
  ['a\n\n b\t\nc', ['a', 'b', 'c']],
  ['\uFEFFa\n\uFEFFb', ['a', '\uFEFFb']],
  ['#a\n #b\n!#c', ['#b', '!#c']],
  ['a\r\nb\r\n', ['a', 'b']],
  ['\u0085a\u00a0\u3000', ['a']],
  ['/a\n//a/\n./a\na/../a\n/', ['a', 'a', 'a', 'a', '/']],
  ['! /a \n!', ['!a', '!']],
  ['../a\na/../../b', ['../a', '../b']],
])('the patterns of %j', (text, patterns) => expect(ignorePatterns(text)).toEqual(patterns));

test.each<[string, Files, string[], string[]]>([
  ['', { 'a/b': '', 'c/': '' }, ['a', 'a/b', 'c', '', '.', '/a', 'a/', './a/../c', '..'], ['b', 'a/b/c']],
  ['a', { 'a/b': '', 'b/a': '' }, ['b', 'b/a'], ['a', 'a/b']],
  ['a\n!a/b/c', { 'a/b/c': '', 'a/d': '', 'a/e/f': '' }, ['a', 'a/b', 'a/b/c'], ['a/d', 'a/e', 'a/e/f']],
  ['*\n!**/*.json', { 'a/b/c.json': '', 'a/d': '', 'e/f': '' }, ['a', 'a/b', 'a/b/c.json'], ['a/d', 'e', 'e/f']],
  ['*/foo\n!a', { 'a/foo': '', 'a/b': '' }, ['a', 'a/b'], ['a/foo']],
  ['real', { l: '-> real/a', 'real/a': '', m: '-> b', b: '' }, ['m', 'b'], ['l', 'real/a']],
  ['l', { l: '-> a', 'a/b': '' }, ['a/b'], ['l', 'l/b']],
  [
    '',
    { 'a/b': '', l: '-> a', 'c/l': '-> ../../../a', 'c/m': '-> /l/b' },
    ['l/b', 'c/l/b', 'c/m', 'l/../c'],
    ['c/m/b'],
  ],
  ['', { l: '-> l', 'a/m': '-> ../b/n', 'b/n': '-> ../a/m', o: '-> nothing' }, ['a', 'b'], ['l', 'a/m', 'b/n', 'o']],
])('with %j ignored of %j', (ignore, files, there, absent) => {
  const context = contextIn(make({ ...files, '.dockerignore': ignore }));
  expect([...there, ...absent].filter((path) => context.has(path))).toEqual(there);
});

test('a context that is not there has nothing', () => {
  const context = readContext('/nowhere', '/nowhere/Dockerfile');
  expect('has' in context && ['', 'a'].map((path) => context.has(path))).toEqual([false, false]);
});

test('an ignore file that nobody wrote leaves the context unknown', () => {
  const root = make({ '.dockerignore': 'a\n'.repeat(2 ** 20), b: '' });
  expect(readContext(root, join(root, 'Dockerfile'))).toEqual({ problem: '.dockerignore is larger than 1 MB' });
});

test('a few names are told without reading a directory', () => {
  const root = make({ 'a/b/c': '', 'a/x': '', '.dockerignore': 'a/x' });
  const asked: string[] = [];
  const real = openTree(root);
  const tree: Tree = {
    entry: (path) => {
      asked.push(path);
      return real.entry(path);
    },
    names: () => {
      throw new Error('a directory was read');
    },
    text: real.text,
  };
  const context = new Context(tree, new Patterns(ignorePatterns(real.text('.dockerignore') ?? '')));
  expect(['a/b/c', 'a/x', 'nothing'].map((path) => context.has(path))).toEqual([true, false, false]);
  expect(asked.filter((path) => path !== '')).toEqual(['a', 'a/b', 'a/b/c', 'a', 'nothing']);
});

test('a name that is not UTF-8 is as good as absent', () => {
  const root = make({ a: '' });
  writeFileSync(Buffer.from(`${root}/b\xff`, 'latin1'), '');
  expect(copiedEntries(root, '.').map(({ path }) => path)).toEqual(['a']);
});

test('deep trees, names with newlines and long ignore files come to an end', () => {
  const root = make({ 'a\nb': '', '.dockerignore': `${'**/a*b*c*d*e*/**/'.repeat(200)}x\n${'!*\n'.repeat(1000)}` });
  let deep = root;
  for (let depth = 0; depth < 800; depth++) {
    deep = join(deep, 'd');
    mkdirSync(deep);
  }
  expect(copiedEntries(root, '.')).toHaveLength(802);
  expect(contextIn(root).has('d/'.repeat(100_000))).toBe(false);
  rmSync(root, { recursive: true });
});

// What backtracking needs years for.
test.each([
  [`${'*a'.repeat(40)}b`, 'a'.repeat(200)],
  [`${'**/'.repeat(40)}*b`, 'a/'.repeat(200)],
])('%j is matched in no time', (pattern, path) => expect(new Patterns([pattern]).match(path, null)).toBe(false));

const NPM = 'FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n';
const { inputs } = readInputs(() => null);
const lintIn = (root: string, context: string) =>
  readDockerfile(NPM, join(root, 'Dockerfile'), context, inputs, null).findings.findings;

test('the lint names no manifest that is ignored', () => {
  const root = make({
    Dockerfile: NPM,
    'package.json': '',
    'package-lock.json': '',
    '.npmrc': '',
    '.dockerignore': '.npmrc',
  });
  const told = (context: string) => lintIn(root, context).find(({ rule }) => rule === 'copy-before-install')?.message;
  expect(told(root)).toContain('only package.json and package-lock.json.');
  writeFileSync(join(root, '.dockerignore'), '.npmrc\npackage-lock.json');
  expect(told(root)).toContain('only package.json.');
  writeFileSync(join(root, '.dockerignore'), '');
  expect(told(root)).toContain('only package.json, package-lock.json and .npmrc.');
});

test('an ignore file that is wrong leaves the context unknown to the lint', () => {
  const root = make({ Dockerfile: NPM, '.dockerignore': '[' });
  const found = lintIn(root, root).filter(({ rule }) => rule === 'copy-before-install');
  expect(found.map(({ confidence }) => confidence)).toEqual(['medium']);
});
