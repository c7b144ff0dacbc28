// What the rules make of the history of a real repository, and when git is not asked at all.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { recentChanges } from '../../src/host/git.ts';
import { readInputs } from '../../src/inputs.ts';
import { readDockerfile } from '../../src/pipeline.ts';
import { directory } from '../support/engine.ts';

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd, stdio: 'pipe' });

function write(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
}

function commit(root: string, files: Record<string, string>): void {
  write(root, files);
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--message', 'a');
}

/** A repository of which every commit changes the changelog; made at once, since git takes its time for each. */
function repository(commits: number): string {
  const root = directory({ 'package.json': '{}', 'package-lock.json': '{}', 'CHANGELOG.md': '' });
  git(root, 'init', '--quiet', '--initial-branch', 'main');
  const input = Array.from({ length: commits }, (_, at) => {
    const text = String(at);
    return `commit refs/heads/main\ncommitter a <a@example.com> 0 +0000\ndata 0\nM 644 inline CHANGELOG.md\ndata ${text.length}\n${text}\n`;
  });
  execFileSync('git', ['fast-import', '--quiet'], { cwd: root, input: input.join('') });
  return root;
}

const TEXT = 'FROM node:24\nWORKDIR /app\nCOPY package.json package-lock.json CHANGELOG.md ./\nRUN npm ci\n';

function findings(context: string, lint = 'warn', text = TEXT) {
  const { inputs } = readInputs((name) => (name === 'lint' ? lint : null));
  return readDockerfile(text, join(context, 'Dockerfile'), context, inputs, null).findings.findings.filter(
    ({ rule }) => rule === 'volatile-files-copied-early',
  );
}

test('a changelog that every commit changes', () => {
  const root = repository(25);
  expect(findings(root)).toMatchObject([
    {
      line: 3,
      confidence: 'high',
      message:
        '24 of the last 24 commits changed `CHANGELOG.md`. Each change re-runs `npm ci` on line 4, which does not read it: this COPY stands above.',
      remedy:
        'Write in its place:\nCOPY package.json package-lock.json ./\nand below line 4:\nCOPY CHANGELOG.md ./\nIf the image does not need it, leave it out.',
    },
  ]);
});

test('with the lines of the remedy in their places there is nothing left to say', () => {
  const root = repository(25);
  const [finding] = findings(root);
  const [staying = '', moved = ''] = finding?.remedy.split('\n').filter((line) => line.startsWith('COPY ')) ?? [];
  const mended = TEXT.split('\n').map((line) => (line.startsWith('COPY ') ? staying : line));
  expect(findings(root, 'warn', [...mended, moved].join('\n'))).toEqual([]);
});

test('no repository, a short history, a shallow clone and a directory that is not there are silent', () => {
  expect(findings(directory({ 'package.json': '', 'package-lock.json': '', 'CHANGELOG.md': '' }))).toEqual([]);
  expect(findings(repository(20))).toEqual([]);
  const clone = join(directory({}), 'clone');
  git('/', 'clone', '--quiet', '--depth', '1', `file://${repository(25)}`, clone);
  expect(findings(clone)).toEqual([]);
  expect(recentChanges('/nowhere')).toEqual([]);
});

test('merges count as one commit, names are whole, and what lies outside the directory does not count', () => {
  const root = directory({ 'a b\n"é': '', c: '' });
  git(root, 'init', '--quiet', '--initial-branch', 'main');
  commit(root, { c: '' });
  mkdirSync(join(root, 'sub'));
  git(root, 'checkout', '--quiet', '-b', 'side');
  commit(root, { 'sub/\nd': '1', c: '2' });
  commit(root, { 'sub/e': '1' });
  git(root, 'checkout', '--quiet', 'main');
  commit(root, { 'a b\n"é': '1' });
  git(root, 'merge', '--quiet', '--no-edit', 'side');
  expect(recentChanges(root)).toEqual([['c', 'sub/\nd', 'sub/e'], ['a b\n"é']]);
  expect(recentChanges(join(root, 'sub'))).toEqual([['\nd', 'e'], []]);
});

test('git is asked once, and only for a file that could be moved', () => {
  const root = repository(25);
  const tools = directory({});
  const asked = join(tools, 'asked');
  writeFileSync(join(tools, 'git'), `#!/bin/sh\necho >>${asked}\nPATH=$OLDPATH exec git "$@"\n`);
  writeFileSync(asked, '');
  chmodSync(join(tools, 'git'), 0o755);
  const { PATH } = process.env;
  Object.assign(process.env, { PATH: `${tools}:${PATH}`, OLDPATH: PATH });
  const times = () => execFileSync('cat', [asked], { encoding: 'utf8' }).length;
  try {
    expect(findings(root, 'off')).toEqual([]);
    expect(findings(root, 'warn', TEXT.replace(' CHANGELOG.md', ''))).toEqual([]);
    expect(times()).toBe(0);
    write(root, { Dockerfile: '' });
    expect(findings(root, 'warn', `${TEXT}FROM gcc:15\nCOPY . /src\nRUN make -C /src\n`)).toHaveLength(1);
    expect(times()).toBe(1);
  } finally {
    process.env.PATH = PATH;
    delete process.env.OLDPATH;
  }
});
