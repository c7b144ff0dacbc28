// The states of files, and what git is believed of them: of real repositories, with all that can stand between the index
// and the content of a file.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fileStates } from '../../src/context/states.ts';
import { unmodifiedFiles } from '../../src/host/git.ts';
import { type Entry, openTree } from '../../src/host/tree.ts';
import { directory } from '../support/engine.ts';
import { contextIn, type Files, make } from './support.ts';

// Nothing of the user's own settings.
const SETTINGS = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
const WHO = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'protocol.file.allow=always'];

function git(cwd: string, ...args: string[]): string {
  const env = { ...process.env, ...SETTINGS };
  return execFileSync('git', [...WHO, ...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A repository in which these files are committed, as git itself writes them into the work tree. */
function repository(files: Files, ...settings: string[]): string {
  const root = make(files);
  git(root, 'init', '--quiet', '--initial-branch', 'main', ...settings.filter((one) => one.startsWith('-')));
  for (const setting of settings) if (!setting.startsWith('-')) git(root, 'config', ...setting.split('='));
  commit(root);
  return root;
}

function commit(root: string): void {
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--allow-empty', '--message', 'a');
}

/** Writes all files again, as a checkout does, so that what git converts is converted. */
function checkOut(root: string): string {
  git(root, 'rm', '-rf', '--cached', '--quiet', '.');
  git(root, 'reset', '--hard', '--quiet');
  return root;
}

/** All that is in a context, but repositories. */
function entriesIn(root: string): Entry[] {
  const context = contextIn(root);
  const top = context.find('');
  return top ? [...context.walk(top)].filter(({ path }) => !/(^|\/)\.git(\/|$)/.test(path)) : [];
}

const sha1 = (content: Buffer) =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex').slice(0, 16);

/** Path → digest of what is there now. */
function contents(root: string, entries: Entry[]): Record<string, string> {
  const digest = ({ path, kind }: Entry) => {
    if (kind === 'file') return sha1(readFileSync(join(root, path)));
    return kind === 'symlink' ? sha1(Buffer.from(readlinkSync(join(root, path)))) : '';
  };
  return Object.fromEntries(entries.map((entry) => [entry.path, digest(entry)]));
}

/** So much that git is asked. */
function withMuch(root: string): string {
  writeFileSync(join(root, 'much'), '');
  truncateSync(join(root, 'much'), 33 << 20);
  return root;
}

/** The files that git is believed, sizes compared. */
async function believed(root: string): Promise<string[] | null> {
  const known = await unmodifiedFiles(root);
  const entries = entriesIn(root).filter(({ kind }) => kind === 'file');
  return known && entries.filter(({ path, size }) => known.get(path)?.bytes === size).map(({ path }) => path);
}

const AB: Files = { a: 'one\n', 'b/c': 'two\n' };

// [what, the context, which of its files git is believed; null where it does not say it all]
const CASES: [string, () => string, string[] | null][] = [
  ['all are committed', () => repository(AB), ['a', 'b/c']],
  ['one is modified', () => edited(repository(AB), 'a', 'ONE\n'), ['b/c']],
  ['one is staged', () => staged(edited(repository(AB), 'a', 'ONE\n')), ['a', 'b/c']],
  ['one is staged, and then modified', () => edited(staged(edited(repository(AB), 'a', '1\n')), 'a', '2\n'), ['b/c']],
  ['one is new', () => edited(repository(AB), 'new', 'n'), ['a', 'b/c']],
  ['one is new and to be added', () => after(edited(repository(AB), 'new', 'n'), 'add', '-N', 'new'), ['a', 'b/c']],
  [
    'one is new, empty and to be added',
    () => after(edited(repository(AB), 'new', ''), 'add', '-N', 'new'),
    ['a', 'b/c'],
  ],
  ['one is ignored', () => edited(repository({ ...AB, '.gitignore': 'x' }), 'x', 'x'), ['.gitignore', 'a', 'b/c']],
  ['one has a new mode', () => executable(repository(AB), 'a'), ['b/c']],
  ['one is a link', () => repository({ ...AB, l: '-> a' }), ['a', 'b/c']],
  ['a link has become a file of the same text', () => becomesFile(repository({ ...AB, l: '-> a' })), ['a', 'b/c']],
  [
    'names are strange',
    () => repository({ 'a\nb': '1', ' é"\\': '2', '\u{1f600}': '3', ':(top)': '4' }),
    [' é"\\', ':(top)', 'a\nb', '\u{1f600}'],
  ],
  ['a name is not UTF-8, and another one looks like it', notUtf8, ['a']],
  ['a merge is not settled', unmerged, ['b/c']],
  ['git is to take a file for unchanged', () => edited(marked('--assume-unchanged'), 'a', 'ONE\n'), ['b/c']],
  ['git is to take a file for absent', () => edited(marked('--skip-worktree'), 'a', 'ONE\n'), ['b/c']],
  ['the context is below the top', () => join(repository({ 'd/a': '1', 'd/e/f': '2', a: '2' }), 'd'), ['a', 'e/f']],
  ['the context is below the top and ignored', () => join(ignoredDirectory(), 'd'), []],
  ['a repository lies in it', () => nested(repository(AB)), ['a', 'b/c']],
  ['a submodule lies in it', () => submodule(repository(AB)), ['.gitmodules', 'a', 'b/c']],
  ['it is a submodule', () => join(submodule(repository(AB)), 'sub'), ['s']],
  ['it is a linked work tree', linked, ['a', 'b/c']],
  ['it is sparse', sparse, ['a', 'b/c']],
  ['it is sparse, and blobs are missing', partial, ['a', 'b/c']],
  [
    'line ends are converted',
    () => checkOut(repository({ ...AB, '.gitattributes': 'a text eol=crlf' })),
    ['.gitattributes', 'b/c'],
  ],
  ['line ends are converted by a setting', () => checkOut(repository(AB, 'core.autocrlf=true')), []],
  [
    'line ends may be converted and are not',
    () => checkOut(repository({ ...AB, '.gitattributes': '* text=auto' })),
    ['.gitattributes', 'a', 'b/c'],
  ],
  [
    'ids are put in',
    () => checkOut(repository({ ...AB, a: '$Id$\n', '.gitattributes': 'a ident' })),
    ['.gitattributes', 'b/c'],
  ],
  ['a filter changes the content, not its size', filtered, ['.gitattributes', 'b/c']],
  ['a filter by a macro of attributes', macro, ['.gitattributes', 'b/c']],
  [
    'a filter that nobody has set up',
    () => repository({ ...AB, '.gitattributes': 'a filter=none' }),
    ['.gitattributes', 'b/c'],
  ],
  ['an encoding of the same size', recoded, ['.gitattributes', 'b/c']],
  ['hashes are sha256', () => repository(AB, '--object-format=sha256'), []],
  ['nothing is committed', nothingCommitted, ['a', 'b/c']],
  ['there is no repository', () => make(AB), null],
  ['a repository that is none', () => make({ ...AB, '.git/config': '[' }), null],
  ['the index is damaged', () => edited(repository(AB), '.git/index', 'DIRC'), null],
  ['the directory is not there', () => join(make({}), 'none'), null],
];

function edited(root: string, path: string, text: string): string {
  writeFileSync(join(root, path), text);
  return root;
}

function after(root: string, ...args: string[]): string {
  git(root, ...args);
  return root;
}

const staged = (root: string) => after(root, 'add', '--all');

function executable(root: string, path: string): string {
  chmodSync(join(root, path), 0o755);
  return root;
}

function becomesFile(root: string): string {
  rmSync(join(root, 'l'));
  return edited(root, 'l', 'a');
}

function notUtf8(): string {
  const root = make({ a: '1', 'b\ufffd': '2' });
  writeFileSync(Buffer.concat([Buffer.from(`${root}/b`), Buffer.from([0xff])]), '3');
  git(root, 'init', '--quiet');
  commit(root);
  return root;
}

function unmerged(): string {
  const root = repository(AB);
  git(root, 'checkout', '--quiet', '-b', 'side');
  commit(edited(root, 'a', 'side\n'));
  git(root, 'checkout', '--quiet', 'main');
  commit(edited(root, 'a', 'main\n'));
  expect(() => git(root, 'merge', 'side')).toThrow();
  return root;
}

const marked = (mark: string) => after(repository(AB), 'update-index', mark, 'a');

function ignoredDirectory(): string {
  const root = repository({ '.gitignore': 'd' });
  mkdirSync(join(root, 'd'));
  return edited(root, 'd/a', '1');
}

function nested(root: string): string {
  mkdirSync(join(root, 'inner'));
  edited(root, 'inner/a', 'inner');
  git(join(root, 'inner'), 'init', '--quiet');
  commit(join(root, 'inner'));
  return root;
}

function submodule(root: string): string {
  git(root, 'submodule', '--quiet', 'add', repository({ s: 'sub' }), 'sub');
  commit(root);
  return root;
}

function linked(): string {
  const path = join(directory({}), 'tree');
  git(repository(AB), 'worktree', 'add', '--quiet', path);
  return path;
}

function sparse(): string {
  const root = after(
    repository({ ...AB, 'd/e': '1', 'f/g': '2' }),
    'sparse-checkout',
    'set',
    '--cone',
    '--sparse-index',
    'b',
  );
  mkdirSync(join(root, 'd'));
  return edited(root, 'd/e', '2');
}

function partial(): string {
  const origin = repository({ ...AB, 'd/e': '1', 'f/g': '2' }, 'uploadpack.allowFilter=true');
  const root = join(directory({}), 'clone');
  git('/', 'clone', '--quiet', '--filter=blob:none', '--sparse', `file://${origin}`, root);
  return after(root, 'sparse-checkout', 'set', 'b');
}

function filtered(): string {
  return checkOut(
    repository(
      { ...AB, '.gitattributes': 'a filter=caesar' },
      'filter.caesar.clean=tr a-z b-za',
      'filter.caesar.smudge=tr b-za a-z',
    ),
  );
}

function macro(): string {
  return checkOut(
    repository(
      { ...AB, '.gitattributes': '[attr]big filter=x -text\na big' },
      'filter.x.clean=tr a-z A-Z',
      'filter.x.smudge=tr A-Z a-z',
    ),
  );
}

function recoded(): string {
  const root = make({ ...AB, '.gitattributes': 'a working-tree-encoding=ISO-8859-5' });
  writeFileSync(join(root, 'a'), Buffer.from([0xd0, 0xd1]));
  git(root, 'init', '--quiet');
  commit(root);
  return root;
}

function nothingCommitted(): string {
  const root = make(AB);
  git(root, 'init', '--quiet');
  return staged(root);
}

test.each(CASES)('%s', async (_, build, known) => {
  const root = build();
  expect(await believed(root)).toEqual(known);
  for (const way of ['reading', 'git']) {
    if (way === 'git' && entriesIn(root).length > 0) withMuch(root);
    const entries = entriesIn(root);
    const states = await fileStates(root, entries);
    expect(Object.fromEntries(states.map(({ path, digest }) => [path, digest]))).toEqual(contents(root, entries));
    for (const { path, size } of states) expect(entries.find((entry) => entry.path === path)).toMatchObject({ size });
  }
});

const LONG_AGO = new Date('2001-01-01');

test('a file that git knows is not read again', async () => {
  const root = repository(AB, 'core.trustctime=false');
  utimesSync(join(root, 'a'), LONG_AGO, LONG_AGO);
  git(root, 'update-index', '--refresh');
  const entries = entriesIn(withMuch(root));
  const before = await fileStates(root, entries);
  // Nothing that git looks at tells of this.
  edited(root, 'a', 'ONE\n');
  utimesSync(join(root, 'a'), LONG_AGO, LONG_AGO);
  expect(await fileStates(root, entries)).toEqual(before);
  // Starting git takes longer than to read a few files.
  const [a] = await fileStates(
    root,
    entries.filter(({ path }) => path === 'a'),
  );
  expect(a?.digest).toBe(sha1(Buffer.from('ONE\n')));
});

test('mode and kind, sorted, none twice', async () => {
  const root = make({ 'b/c': '1', 'b-': '2', é: '-> b/c', z: '-> nowhere', 'B/': '' });
  execFileSync('mkfifo', [join(root, 'pipe')]);
  for (const path of ['b/c', 'b-', 'B', 'b', 'pipe']) chmodSync(join(root, path), path === 'b/c' ? 0o4711 : 0o755);
  const entries = entriesIn(root);
  const states = await fileStates(root, [...entries].reverse().concat(entries));
  const digest = (text: string) => sha1(Buffer.from(text));
  expect(states).toEqual([
    { path: 'B', mode: 0o40755, size: 0, digest: '' },
    { path: 'b', mode: 0o40755, size: 0, digest: '' },
    { path: 'b-', mode: 0o100755, size: 1, digest: digest('2') },
    { path: 'b/c', mode: 0o104711, size: 1, digest: digest('1') },
    { path: 'pipe', mode: 0o755, size: 0, digest: '' },
    { path: 'z', mode: 0o120777, size: 7, digest: digest('nowhere') },
    { path: 'é', mode: 0o120777, size: 3, digest: digest('b/c') },
  ]);
});

test('what was a file and is none any more is left out; one that has changed is as it is now', async () => {
  const root = make({ gone: '1', pipe: '2', link: '3', directory: '4', longer: '5', shorter: '66', same: '7' });
  const entries = entriesIn(root);
  for (const path of ['gone', 'pipe', 'link', 'directory']) rmSync(join(root, path));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  symlinkSync('same', join(root, 'link'));
  mkdirSync(join(root, 'directory'));
  edited(edited(root, 'longer', '55'), 'shorter', '6');
  expect(await fileStates(root, entries)).toMatchObject([
    { path: 'longer', size: 2, digest: sha1(Buffer.from('55')) },
    { path: 'same', size: 1, digest: sha1(Buffer.from('7')) },
    { path: 'shorter', size: 1, digest: sha1(Buffer.from('6')) },
  ]);
});

test.each([(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20])('a file of %d bytes', async (size) => {
  const content = Buffer.alloc(size, 'abcdefg');
  const root = directory({});
  writeFileSync(join(root, 'a'), content);
  expect(await fileStates(root, entriesIn(root))).toMatchObject([{ size, digest: sha1(content) }]);
});

test('a large file that grows while it is read is one state of it', async () => {
  const root = directory({});
  const path = join(root, 'log');
  writeFileSync(path, Buffer.alloc(8 << 20, 'a'));
  const states = fileStates(root, entriesIn(root));
  appendFileSync(path, 'b');
  const [state] = await states;
  expect(state?.digest).toBe(sha1(readFileSync(path).subarray(0, state?.size)));
});

test('without git, or with one that refuses, all is read', async () => {
  const root = withMuch(repository(AB));
  const entries = entriesIn(root);
  const expected = await fileStates(root, entries);
  for (const env of [{ PATH: '/nowhere' }, { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' }]) {
    const before = { ...process.env };
    Object.assign(process.env, env);
    try {
      expect(await unmodifiedFiles(root)).toBeNull();
      expect(await fileStates(root, entries)).toEqual(expected);
    } finally {
      for (const name of Object.keys(env)) delete process.env[name];
      Object.assign(process.env, before);
    }
  }
});

test('nothing of the repository is run or written', async () => {
  const root = repository(AB);
  const ran = join(directory({}), 'ran');
  edited(root, '.git/monitor', `#!/bin/sh\ntouch ${ran}\n`);
  executable(root, '.git/monitor');
  git(root, 'config', 'core.fsmonitor', '.git/monitor');
  const index = readFileSync(join(root, '.git/index'));
  utimesSync(join(root, 'a'), LONG_AGO, LONG_AGO);
  expect(await believed(root)).toEqual(['b/c']);
  expect(readFileSync(join(root, '.git/index')).equals(index)).toBe(true);
  expect(openTree(ran).entry('')).toBeNull();
});
