// Bad input: one clear message each, the right exit code, no stack trace, and all of them together.

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { command, directory, engine, type Ran } from '../support/engine.ts';

const env = engine('containerd');
const GOOD = 'FROM busybox\nCMD ["true"]\n';

function expectClear({ code, stdout, stderr }: Ran, expected: number, ...messages: (string | RegExp)[]) {
  expect(code).toBe(expected);
  const told = stderr.split('\n').filter((line) => line.startsWith('✗ '));
  expect(told).toHaveLength(messages.length);
  messages.forEach((message, at) => {
    expect(told[at]).toEqual(typeof message === 'string' ? `✗ ${message}` : expect.stringMatching(message));
  });
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/\n\s+at .*:\d+/);
}

describe('what is not there', () => {
  test('no Dockerfile', async () => {
    const context = directory({});
    expectClear(await command(['build', context], env), 2, `file: ${join(context, 'Dockerfile')} does not exist.`);
  });

  test('an empty Dockerfile', async () => {
    const context = directory({ Dockerfile: ' \n\n' });
    const message = `file: ${join(context, 'Dockerfile')} is empty; a Dockerfile begins with FROM and a base image.`;
    expectClear(await command(['build', context], env), 2, message);
  });

  test('a directory instead of a Dockerfile', async () => {
    const context = directory({ 'Dockerfile/x': '' });
    expectClear(
      await command(['build', context], env),
      2,
      `file: ${join(context, 'Dockerfile')} is a directory, not a file.`,
    );
  });

  test('a Dockerfile that cannot be read', async () => {
    const context = directory({});
    symlinkSync('Dockerfile', join(context, 'Dockerfile'));
    expectClear(
      await command(['build', context], env),
      2,
      `file: ${join(context, 'Dockerfile')} is a symbolic link to itself.`,
    );
  });

  test('no context, and with it no Dockerfile', async () => {
    const messages = ['context: /nowhere does not exist.', 'file: /nowhere/Dockerfile does not exist.'];
    expectClear(await command(['build', '/nowhere'], env), 2, ...messages);
  });

  test('a file as context, an address as context', async () => {
    const context = directory({ Dockerfile: GOOD });
    const file = join(context, 'Dockerfile');
    expectClear(await command(['build', file, '-f', file], env), 2, `context: ${file} is not a directory.`);
    const address = 'https://example.com/owner/name.git';
    const message = `context: ${address} does not exist. Only a directory can be built: check out the repository first.`;
    expectClear(await command(['build', address, '-f', file], env), 2, message);
  });

  test('no engine', async () => {
    const context = directory({ Dockerfile: GOOD });
    const ran = await command(['build', context], { ...env, DOCKER_HOST: 'unix:///nowhere.sock' });
    expectClear(
      ran,
      1,
      /^✗ The Docker engine does not answer\. Start it, or set DOCKER_HOST to one that runs\. Docker says: .*nowhere\.sock/,
    );
  });

  test('no docker', async () => {
    const context = directory({ Dockerfile: GOOD });
    const ran = await command(['build', context], { ...env, PATH: context });
    expectClear(ran, 1, /^✗ docker is not installed, or not on PATH\. How to install/);
  });

  test('all at once, and a wrong usage decides the exit code', async () => {
    const ran = await command(['build', '/nowhere', '-t', 'Redis:7', '--lint', 'loud', '--tagz', 'x'], {
      ...env,
      PATH: '/nowhere',
    });
    expectClear(
      ran,
      2,
      '--tagz is no flag. Did you mean --tags?',
      'lint: "loud" is not one of warn, error, off.',
      'tags: "Redis:7" has a capital letter; an image name is lower case: "redis".',
      /build takes one context/,
      'context: /nowhere does not exist.',
      'file: /nowhere/Dockerfile does not exist.',
      /^✗ docker is not installed/,
    );
  });
});

describe('a Dockerfile that Docker rejects', () => {
  test.each([
    [
      'FROM alpine // our base image\n',
      1,
      /`\/\/` starts no comment in a Dockerfile; put a line starting with `#` above/,
    ],
    ['// our base image\nFROM busybox\n', 1, /`\/\/` starts no comment in a Dockerfile/],
    ['FROM busybox\nRUM echo\n', 2, /unknown instruction: RUM \(did you mean RUN\?\)/],
    ['FROM busybox\nCOPY a\n', 2, /COPY requires at least two arguments/],
    ['RUN echo\n', 1, /no build stage in current context/],
  ])('%j', async (text, line, message) => {
    const context = directory({ Dockerfile: text });
    const { code, stdout, stderr } = await command(['build', context], env);
    const file = join(context, 'Dockerfile');
    expect(code).toBe(1);
    expect(stdout).toContain(`${file}:${line}: error [syntax]`);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(message);
    expect(stdout + stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
    // The lint alone says the same, without an engine.
    const lint = await command(['lint', file], {});
    expect(lint.code).toBe(1);
    expect(lint.stdout).toContain(`${file}:${line}: error [syntax]`);
    const github = await command(['lint', file, '--format', 'github'], {});
    expect(github.stdout).toMatch(/^::error title=syntax,file=/m);
  });

  test('with lint: off, Docker’s own message is passed on', async () => {
    const context = directory({ Dockerfile: 'FROM busybox\nRUM echo\n' });
    const { code, stdout } = await command(['build', context, '--lint', 'off'], env);
    expect(code).toBe(1);
    expect(stdout).toMatch(/dockerfile parse error on line 2: unknown instruction: RUM/);
  });
});
