// The lint command, as users start it: what it takes for Dockerfiles, its formats, its exit codes. No engine is needed.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { command, directory, node24, root } from '../support/engine.ts';

const GOOD = 'FROM busybox:1.37\nCMD ["true"]\n';
const BAD = 'FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci\n';
const NPM = { 'package.json': '{}', 'package-lock.json': '{}' };

const env = { PATH: process.env.PATH ?? '', HOME: '/nowhere', GIT_CONFIG_NOSYSTEM: '1' };
const git = (at: string, ...args: string[]) => execFileSync('git', ['-C', at, ...args], { env });

/** The files that are linted, or what is wrong. */
async function files(args: string[], at: string, environment = env): Promise<string[]> {
  const { stdout, stderr } = await command(['lint', '--format', 'json', ...args], environment, at);
  return stdout === '' ? stderr.trimEnd().split('\n') : JSON.parse(stdout).files;
}

/** With something on standard input. */
function piped(args: string[], input: string, at: string): { code: number; stdout: string } {
  try {
    const stdout = execFileSync(node24, [join(root, 'dist/cli.js'), 'lint', ...args], { input, cwd: at, env });
    return { code: 0, stdout: stdout.toString() };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: Buffer };
    return { code: status, stdout: stdout.toString() };
  }
}

describe('without operands', () => {
  test('the Dockerfile of the context', async () => {
    const there = directory({ Dockerfile: GOOD, 'sub/Dockerfile': GOOD });
    const ran = await command(['lint', '--format', 'json'], {}, there);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toEqual({
      schemaVersion: 1,
      files: ['Dockerfile'],
      lint: { findings: [], suppressed: 0, ignored: 0 },
      outcome: 'success',
    });
    expect(await files(['--context', 'sub'], there)).toEqual(['sub/Dockerfile']);
  });

  test('a finding fails it at lint: error only, and is shown in its place', async () => {
    const there = directory({ Dockerfile: BAD, ...NPM });
    const warn = await command(['lint'], {}, there);
    expect(warn.code).toBe(0);
    expect(warn.stdout).toContain(
      'Dockerfile:3: warning [copy-before-install]\n    3 │ COPY . .\n      │ ^^^^^^^^\n    Every change',
    );
    expect((await command(['lint', '--lint', 'error'], {}, there)).code).toBe(1);
  });

  test('files that are not there', async () => {
    const there = directory({ Dockerfile: GOOD, 'empty/x': '' });
    const ran = await command(['lint', 'Dockerfile', '/nowhere/Dockerfile', 'empty', 'a\nb'], {}, there);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toBe(
      [
        '✗ empty has no Dockerfile in it (what git ignores does not count).',
        '✗ /nowhere/Dockerfile does not exist.',
        '✗ a\\nb does not exist.\n',
      ].join('\n'),
    );
  });

  test('files that are none, or too large', async () => {
    const there = directory({ large: '' });
    execFileSync('mkfifo', [join(there, 'pipe')]);
    symlinkSync('loop', join(there, 'loop'));
    truncateSync(join(there, 'large'), 2 ** 30);
    const ran = await command(['lint', 'pipe', '/dev/zero', 'loop', 'large'], {}, there);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toBe(
      [
        '✗ pipe is a pipe, a socket or a device, not a file.',
        '✗ /dev/zero is a pipe, a socket or a device, not a file.',
        '✗ loop is a symbolic link to itself.',
        '✗ large is larger than 16 MB.\n',
      ].join('\n'),
    );
  });
});

const NAMES = [
  'Containerfile',
  'Dockerfile',
  'Dockerfile.dev',
  'a/app.DOCKERFILE',
  'a/app.dockerfile',
  'a/dockerfile',
  'a/x.Containerfile',
  'b c/Dockerfile',
];
const OTHERS = ['Dockerfile.dockerignore', 'Dockerfile.j2', 'dockerfile.ts', 'a/MyDockerfile', 'a/Dockerfile-notes'];
const tree = (names: string[]) => directory(Object.fromEntries(names.map((name) => [name, GOOD])));

describe('a directory', () => {
  test('that is no work tree: all that is named so', async () => {
    const there = tree([...NAMES, ...OTHERS, 'node_modules/x/Dockerfile', '.git/Dockerfile']);
    expect(await files(['.'], there)).toEqual(NAMES);
    expect(await files(['a', 'a/dockerfile'], there)).toEqual(NAMES.filter((name) => name.startsWith('a/')));
  });

  test('of a work tree: what git tracks, or would', async () => {
    const there = tree([
      ...NAMES,
      ...OTHERS,
      'gone/Dockerfile',
      'out/Dockerfile',
      'a/out/Dockerfile',
      'kept/Dockerfile',
    ]);
    git(there, 'init', '-q');
    git(there, 'add', 'Dockerfile', 'gone', 'kept');
    execFileSync('rm', ['-r', join(there, 'gone')]);
    writeFileSync(join(there, '.gitignore'), '/out\n/kept\n');
    writeFileSync(join(there, 'a/.gitignore'), 'out\n');
    expect(await files(['.'], there)).toEqual([...NAMES, 'kept/Dockerfile']);
    expect(await files(['a'], there)).toEqual(NAMES.filter((name) => name.startsWith('a/')));
    expect(await files(['out'], there)).toEqual(['✗ out has no Dockerfile in it (what git ignores does not count).']);
    // Named by itself, it is what somebody wants to know.
    expect(await files(['out/Dockerfile'], there)).toEqual(['out/Dockerfile']);
  });

  test('without what Dockerfiles are made from, and what others brought', async () => {
    const pieces = {
      'Dockerfile.linux': '{{ set x }}\nFROM a:{{ y }}\n',
      'Dockerfile.erb-like': 'FROM a:1\n<% if x %>\nRUN b\n<% end %>\n',
      'Dockerfile.part': 'ENV A=b\nRUN c\n',
      'vendor/x/Dockerfile': GOOD,
    };
    const there = directory({ Dockerfile: GOOD, 'broken/Dockerfile': 'FRMO a\n', ...pieces });
    expect(await files(['.'], there)).toEqual(['Dockerfile', 'broken/Dockerfile']);
    const named = Object.keys(pieces);
    expect(await files(named, there)).toEqual(named);
  });

  test('without git on PATH', async () => {
    const there = tree(NAMES);
    expect(await files(['.'], there, { ...env, PATH: '/nowhere' })).toEqual(NAMES);
  });

  test('with hostile names, and links', async () => {
    const names = ['-f/Dockerfile', 'a\nb/Dockerfile', '$(x) `y`/Dockerfile', ':(top)/Dockerfile', 'é.dockerfile'];
    const there = tree(names);
    mkdirSync(join(there, 'loop'));
    symlinkSync('..', join(there, 'loop/up'));
    symlinkSync('/dev/zero', join(there, 'Dockerfile'));
    expect(await files(['.'], there)).toEqual([...names].sort());
    git(there, 'init', '-q');
    expect(await files(['.'], there)).toEqual([...names].sort());
    expect(await files(['--', '-f'], there)).toEqual(['-f/Dockerfile']);
    expect(await files([':(top)'], there)).toEqual([':(top)/Dockerfile']);
  });
});

describe('the context', () => {
  const NAMED = 'FROM node:24\nWORKDIR /app\nCOPY app/ ./\nCOPY . .\nRUN npm ci\n';
  const messages = async (args: string[], at: string): Promise<string[]> => {
    const { stdout } = await command(['lint', '--format', 'json', ...args], env, at);
    return JSON.parse(stdout).lint.findings.flatMap(({ rule, message }: { rule: string; message: string }) =>
      rule === 'copy-before-install' ? [message] : [],
    );
  };
  const knowsLock = [expect.stringContaining('only package.json and package-lock.json')];

  test('is the directory above the Dockerfile in which its sources are', async () => {
    const there = directory({ ...NPM, 'app/x': '', 'docker/Dockerfile': NAMED });
    expect(await messages(['docker'], there)).toEqual([]);
    git(there, 'init', '-q');
    expect(await messages(['.'], there)).toEqual(knowsLock);
    expect(await messages(['Dockerfile'], join(there, 'docker'))).toEqual(knowsLock);
    // What is named is believed.
    expect(await messages(['docker/Dockerfile', '--context', 'docker'], there)).toEqual([]);
  });

  test('is its own directory where they are there as well, or none are named', async () => {
    const there = directory({ 'app/x': '', 'sub/app/x': '', 'sub/Dockerfile': NAMED, 'other/Dockerfile': BAD });
    git(there, 'init', '-q');
    for (const name of Object.keys(NPM)) for (const at of ['sub', 'other']) writeFileSync(join(there, at, name), '{}');
    expect(await messages(['.'], there)).toEqual([...knowsLock, ...knowsLock]);
  });

  test('is what a compose file says', async () => {
    const build =
      'services:\n  a:\n    build:\n      context: ..\n      args: { dockerfile: x }\n      dockerfile: "d/Dockerfile" # y\n';
    const there = directory({ ...NPM, 'd/Dockerfile': BAD, 'd/docker-compose.dev.yml': build });
    git(there, 'init', '-q');
    expect(await messages(['.'], there)).toEqual(knowsLock);
  });
});

describe('standard input', () => {
  test('is a Dockerfile of no known context', () => {
    const there = directory(NPM);
    expect(piped(['-'], 'FROM a // b\n', there)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('stdin:1: error [syntax]\n    1 │ FROM a // b\n'),
    });
    expect(JSON.parse(piped(['-', '-', '--format', 'json'], GOOD, there).stdout).files).toEqual(['stdin']);
  });

  test('beside a file', () => {
    const there = directory({ Dockerfile: GOOD });
    expect(JSON.parse(piped(['-', 'Dockerfile', '--format', 'json'], '', there).stdout)).toMatchObject({
      files: ['stdin', 'Dockerfile'],
      lint: { findings: [{ file: 'stdin', rule: 'syntax' }] },
    });
  });
});

describe('--format', () => {
  const uris = (stdout: string): string[] =>
    JSON.parse(stdout).runs[0].results.map(
      (result: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
        result.locations[0]?.physicalLocation.artifactLocation.uri,
    );

  test('sarif names files from the top of the repository, wherever it is started', async () => {
    const there = directory({ 'a b/é#1/Dockerfile': 'FROM a // b\n' });
    git(there, 'init', '-q');
    const at = join(there, 'a b');
    const ran = await command(['lint', 'é#1', '--format', 'sarif'], env, at);
    expect(ran.code).toBe(1);
    expect(uris(ran.stdout)).toEqual(['a%20b/%C3%A9%231/Dockerfile']);
    expect(ran.stdout).not.toContain(there);
  });

  test('sarif without git: from the workspace, or from here', async () => {
    const there = directory({ 'x/Dockerfile': 'FROM a // b\n' });
    const none = { ...env, PATH: '/nowhere' };
    const ran = (environment: Record<string, string>) =>
      command(['lint', '.', '--format', 'sarif'], environment, join(there, 'x'));
    expect(uris((await ran(none)).stdout)).toEqual(['Dockerfile']);
    expect(uris((await ran({ ...none, GITHUB_WORKSPACE: there })).stdout)).toEqual(['x/Dockerfile']);
  });

  test('github keeps to the number of annotations that it shows, and says so', async () => {
    const there = directory({ Dockerfile: `FROM busybox:1.37\n${'RNU x\n'.repeat(12)}` });
    const ran = await command(['lint', '--format', 'github'], env, there);
    expect(ran.stdout.match(/^::error title=syntax,file=Dockerfile,/gm)).toHaveLength(10);
    expect(ran.stderr).toContain('2 more');
  });
});

test('100 Dockerfiles are linted at once', async () => {
  const names = Array.from({ length: 100 }, (_, at) => `services/s${at}/Dockerfile`);
  const there = directory(Object.fromEntries(names.map((name) => [name, BAD])));
  const { stdout } = await command(['lint', '.'], env, there);
  expect(stdout).toMatch(/^ {2}lint {8}\d+ findings/);
});
