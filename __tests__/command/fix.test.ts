// lint --fix, as users start it: what is written, how, and what is left alone. No engine is needed.

import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { replaceText } from '../../src/host/files.ts';
import { applyEdits } from '../../src/lint/edits.ts';
import { command, directory, node24, read, root } from '../support/engine.ts';

const BAD = 'FROM node:24\nWORKDIR /app\n# all\nCOPY . .\nRUN npm ci && npm run build\nCMD ["x"] # go\n';
const FIXED = `FROM node:24
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
# all
COPY . .
RUN npm run build
# go
CMD ["x"]
`;
const NPM = { 'package.json': '{"name":"a"}', 'package-lock.json': '{}' };
const CLEAN = 'FROM busybox:1.37\nCMD ["true"]\n';

const env = { PATH: process.env.PATH ?? '', HOME: '/nowhere', GIT_CONFIG_NOSYSTEM: '1' };
const fix = (at: string, ...args: string[]) => command(['lint', '--fix', ...args], env, at);

function piped(input: string | Buffer, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(node24, [join(root, 'dist/cli.js'), 'lint', '--fix', ...args, '-'], {
    input,
    cwd: directory(NPM),
    env,
  });
  return { code: status, stdout: stdout.toString(), stderr: stderr.toString() };
}

describe('files', () => {
  test('are mended in place; the change is shown, then what is left', async () => {
    const there = directory({ Dockerfile: BAD, ...NPM });
    const ran = await fix(there);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(read(there, 'Dockerfile')).toBe(FIXED);
    expect(ran.stdout).toContain(
      ' WORKDIR /app\n+COPY package.json package-lock.json ./\n+RUN npm ci\n # all\n COPY . .\n-RUN npm ci && npm run build\n',
    );
    expect(ran.stdout).toMatch(/^--- Dockerfile\n\+\+\+ Dockerfile\n@@ -1,6 \+1,9 @@\n/);
    expect(ran.stdout).toContain('Dockerfile:4: notice [cache-mount-missing]');
    expect(readdirSync(there).sort()).toEqual(['Dockerfile', 'package-lock.json', 'package.json']);
  });

  test('a second time there is nothing to mend, and nothing is written', async () => {
    const there = directory({ Dockerfile: BAD, ...NPM });
    await fix(there);
    const { ino } = statSync(join(there, 'Dockerfile'));
    const again = await fix(there);
    expect(again.stdout).toMatch(/^ {2}lint/);
    expect(statSync(join(there, 'Dockerfile')).ino).toBe(ino);
  });

  test('keep their mode and the links to them, line ends and byte order mark', async () => {
    const there = directory({ 'real.txt': `\ufeff${BAD.replaceAll('\n', '\r\n')}`, ...NPM });
    chmodSync(join(there, 'real.txt'), 0o640);
    symlinkSync('real.txt', join(there, 'Dockerfile'));
    await fix(there);
    expect(lstatSync(join(there, 'Dockerfile')).isSymbolicLink()).toBe(true);
    expect(statSync(join(there, 'real.txt')).mode & 0o777).toBe(0o640);
    expect(read(there, 'real.txt')).toBe(`\ufeff${FIXED.replaceAll('\n', '\r\n')}`);
  });

  test('of a directory: all of them, and only those that need it', async () => {
    const there = directory({ 'a/Dockerfile': 'FROM a:1\nEXPOSE 80 # x\n', 'b.Dockerfile': CLEAN });
    const { stdout } = await fix(there, '.', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ files: ['a/Dockerfile', 'b.Dockerfile'], fixed: ['a/Dockerfile'] });
    expect(read(there, 'a/Dockerfile')).toBe('FROM a:1\n# x\nEXPOSE 80\n');
    expect(read(there, 'b.Dockerfile')).toBe(CLEAN);
  });

  test.each([
    ['that Docker rejects', 'FROM a:1\nEXPOSE 80 # x\nRNU x\n'],
    ['with two kinds of line ends', 'FROM a:1\r\nEXPOSE 80 # x\n'],
    ['with control characters', 'FROM a:1\nEXPOSE 80 # x\u001b[2J\n'],
    ['in another language', '# syntax=example.com/other\nFROM a:1\nEXPOSE 80 # x\n'],
    ['that ask for it', 'FROM a:1\n# cached-docker-build ignore=not-a-comment on purpose\nEXPOSE 80 # x\n'],
  ])('%s are left alone', async (_, text) => {
    const there = directory({ Dockerfile: text });
    await fix(there);
    expect(read(there, 'Dockerfile')).toBe(text);
  });

  test('that cannot be given back whole are left alone, and said', async () => {
    const there = directory({ 'other/Dockerfile': 'FROM a:1\nEXPOSE 80 # x\n' });
    const latin = Buffer.from('FROM a:1\nEXPOSE 80 # \xe9t\xe9\n', 'latin1');
    writeFileSync(join(there, 'Dockerfile'), latin);
    const ran = await fix(there, '.');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe('✗ Dockerfile has bytes that are no UTF-8: nothing in it is fixed.\n');
    expect(readFileSync(join(there, 'Dockerfile'))).toEqual(latin);
    expect(ran.stdout).toContain('Dockerfile:2: warning [not-a-comment]');
    expect(read(there, 'other/Dockerfile')).toBe('FROM a:1\n# x\nEXPOSE 80\n');
  });

  test('that have changed since they were read are left alone', async () => {
    const there = directory({ Dockerfile: CLEAN });
    const file = join(there, 'Dockerfile');
    expect(await replaceText(file, BAD, FIXED)).toBe('has changed meanwhile');
    expect(await replaceText(join(there, 'gone'), BAD, FIXED)).toBe('does not exist');
    expect(await replaceText('/dev/null', '', FIXED)).toBe('is no regular file');
    expect(read(there, 'Dockerfile')).toBe(CLEAN);
    expect(readdirSync(there)).toEqual(['Dockerfile']);
  });
});

describe('standard input', () => {
  test('comes out mended; what is said of it goes beside', () => {
    const ran = piped('FROM a:1\r\nEXPOSE 80 # x');
    expect(ran).toMatchObject({ code: 0, stdout: 'FROM a:1\r\n# x\r\nEXPOSE 80' });
    expect(ran.stderr).toMatch(/^--- stdin\n\+\+\+ stdin\n@@.*\n {2}lint {8}no findings\n$/s);
  });

  test('comes out as it is where there is nothing to mend, with the exit code of what is left', () => {
    expect(piped(CLEAN)).toMatchObject({ code: 0, stdout: CLEAN });
    expect(piped('FROM a // b\n')).toMatchObject({ code: 1, stdout: 'FROM a // b\n' });
  });

  test('in a format: that goes beside as well, and nothing else', () => {
    const json = piped('FROM a:1\nEXPOSE 80 # x\n', '--format', 'json');
    expect(json.stdout).toBe('FROM a:1\n# x\nEXPOSE 80\n');
    expect(JSON.parse(json.stderr)).toMatchObject({ fixed: ['stdin'], lint: { findings: [] } });
    expect(JSON.parse(piped(CLEAN, '--format', 'sarif').stderr)).toMatchObject({ version: '2.1.0' });
    expect(piped(CLEAN, '--format', 'github')).toMatchObject({ code: 2, stdout: '' });
  });

  test('that is no text is not given back in another form', () => {
    expect(piped(Buffer.from('FROM a:1\nEXPOSE 80 # \xe9\n', 'latin1'))).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('✗ stdin has bytes that are no UTF-8'),
    });
  });
});

describe('--format', () => {
  const there = () => directory({ Dockerfile: BAD, ...NPM });

  test('json without --fix has the edits, and made they are what --fix makes', async () => {
    const { stdout } = await command(['lint', '--format', 'json'], env, there());
    const { lint, fixed } = JSON.parse(stdout);
    expect(fixed).toBeUndefined();
    const edits = lint.findings.flatMap((finding: { fix: { edits: [] } | null }) => finding.fix?.edits ?? []);
    expect(applyEdits(BAD, edits)).toBe(FIXED);
  });

  test('the diff goes beside what programs read', async () => {
    const ran = await fix(there(), '--format', 'sarif');
    expect(JSON.parse(ran.stdout).runs[0].results).toHaveLength(1);
    expect(ran.stderr).toContain('--- Dockerfile\n+++ Dockerfile\n');
    expect((await fix(there(), '--format', 'github')).stdout).toMatch(/^::notice title=cache-mount-missing,/);
  });

  test('text says without --fix that there is one', async () => {
    const { stdout } = await command(['lint'], env, there());
    expect(stdout).toContain('\n\n  2 of them can be mended safely: cached-docker-build lint --fix\n');
  });
});

test('wrong usage: nothing is written', async () => {
  const there = directory({ Dockerfile: BAD, ...NPM });
  expect(await fix(there, '--lint', 'maybe')).toMatchObject({ code: 2, stdout: '' });
  expect(await fix(there, 'Dockerfile', 'gone')).toMatchObject({ code: 2, stdout: '' });
  expect((await command(['lint', '--fix=maybe'], env, there)).stderr).toContain('--fix: "maybe" is not one of');
  expect((await command(['build', '--fix', '.'], env, there)).stderr).toContain('--fix belongs to lint');
  expect(read(there, 'Dockerfile')).toBe(BAD);
});
