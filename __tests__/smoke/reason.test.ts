// What well-known programs print when they cannot start → the reason that is recognised.

import { expect, test } from '@jest/globals';
import { type Clues, likelyReason } from '../../src/smoke/reason.ts';

const clues = (change: Partial<Clues>): Clues => ({
  ...{ argv: ['app'], error: '', exitCode: 1, oomKilled: false, log: [], health: [], loopbackOnly: [] },
  ...{ imagePlatform: 'linux/amd64', enginePlatform: 'linux/amd64', expectedMore: false },
  ...change,
});
const log = (...lines: string[]) => ({ log: lines });

test.each<[Partial<Clues>, string | null]>([
  [
    { ...log('exec /app: exec format error'), imagePlatform: 'linux/arm64' },
    'Wrong platform: the image is for linux/arm64',
  ],
  [log('exec /app: exec format error'), 'app is not made for linux/amd64'],
  [{ oomKilled: true, exitCode: 137 }, 'more memory'],
  [log('sudo: The "no new privileges" flag is set, which prevents sudo from running as root.'), 'raises privileges'],
  [
    {
      ...log('app: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file'),
      exitCode: 127,
    },
    'The shared library libpq.so.5',
  ],
  [
    {
      ...log('Error loading shared library libstdc++.so.6: No such file or directory (needed by /app)'),
      exitCode: 127,
    },
    'The shared library libstdc++.so.6',
  ],
  [
    log('ImportError: libGL.so.1: cannot open shared object file: No such file or directory'),
    'The shared library libGL.so.1',
  ],
  [
    log("/app: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /app)"),
    'newer C library (GLIBC_2.38)',
  ],
  [
    { error: 'exec: "redis-server": executable file not found in $PATH', exitCode: 127 },
    'redis-server is not in the image',
  ],
  [
    { error: 'exec: "/app/run": stat /app/run: no such file or directory', exitCode: 127 },
    '/app/run is not in the image',
  ],
  [{ ...log('/bin/sh: redis-server: not found'), exitCode: 127 }, 'redis-server is not in the image'],
  [{ ...log('bash: line 1: gunicorn: command not found'), exitCode: 127 }, 'gunicorn is not in the image'],
  [
    { ...log('exec /entrypoint.sh: no such file or directory'), exitCode: 255 },
    '/entrypoint.sh is there, and what runs it is not',
  ],
  [{ error: 'exec: "/entrypoint.sh": permission denied', exitCode: 126 }, '/entrypoint.sh may not be executed'],
  [{ ...log('/bin/sh: ./run: Permission denied'), exitCode: 126 }, 'app may not be executed'],
  [log('mkdir: cannot create directory ‘/data’: Read-only file system'), 'file system that is read-only'],
  [log("Error: EROFS: read-only file system, open '/x'"), 'file system that is read-only'],
  [log('sh: DATABASE_URL: parameter not set'), 'variable DATABASE_URL is missing'],
  [log('run.sh: line 3: DATABASE_URL: unbound variable'), 'variable DATABASE_URL is missing'],
  [log("KeyError: 'SECRET_KEY'"), 'variable SECRET_KEY is missing'],
  [log('Error: Environment variable DATABASE_URL is not defined'), 'variable DATABASE_URL is missing'],
  [log('panic: required env var: API_TOKEN'), 'variable API_TOKEN is missing'],
  [
    log('  You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.'),
    'variable POSTGRES_PASSWORD is missing',
  ],
  [
    log('You need to specify one of the following as an environment variable:', '    - MYSQL_ROOT_PASSWORD'),
    'variable MYSQL_ROOT_PASSWORD is missing',
  ],
  [log('error: "PORT" must be set'), 'variable PORT is missing'],
  [log('the input device is not a TTY'), 'It wants a terminal'],
  [log('Error opening terminal: unknown.'), 'It wants a terminal'],
  [{ loopbackOnly: ['127.0.0.1:80'], exitCode: null }, 'It listens on 127.0.0.1:80'],
  [{ health: ['/bin/sh: curl: not found'], exitCode: null }, 'The HEALTHCHECK itself cannot run: curl'],
  [
    {
      health: [
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "curl": executable file not found in $PATH: unknown',
      ],
      exitCode: null,
    },
    'The HEALTHCHECK itself cannot run: curl',
  ],
  [log("Error: EACCES: permission denied, open '/data/db'"), 'It was denied permission'],
  [log('nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)'), 'It was denied permission'],
  [log('write /x: no space left on device'), 'no room left'],
  [{ exitCode: 0, expectedMore: true }, 'It ended well, but too soon'],
  [{ exitCode: 0, expectedMore: true, argv: ['/bin/bash'] }, 'An interactive shell ends at once'],
  // What must not be taken for a reason.
  [log('ERROR: file is missing', 'WARNING is not set in stone', 'thread main panicked'), null],
  [log('Listening on port 80'), null],
  [{ exitCode: 0 }, null],
])('%j', (seen, expected) => {
  const reason = likelyReason(clues(seen));
  if (expected === null) expect(reason).toBeNull();
  else expect(reason).toContain(expected);
});

test('hostile lines hold nothing up', () => {
  const hostile = [
    'A'.repeat(2000),
    'A_'.repeat(1000),
    `environment variable ${' '.repeat(2000)}`,
    ': '.repeat(1000),
    `"'${'`'.repeat(2000)}`,
  ];
  const start = performance.now();
  likelyReason(
    clues(
      log(
        ...Array(40)
          .fill(0)
          .map((_, at) => hostile[at % hostile.length] ?? ''),
      ),
    ),
  );
  expect(performance.now() - start).toBeLessThan(2000);
});
