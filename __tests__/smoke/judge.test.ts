import { expect, test } from '@jest/globals';
import type { Plan } from '../../src/smoke/checks.ts';
import { type End, judge, type Sight } from '../../src/smoke/judge.ts';

const plan = (change: Partial<Plan>): Plan => ({
  conditions: [{ check: 'running' }],
  asked: false,
  why: 'for a reason',
  exitCode: 0,
  timeout: 60,
  settle: 3,
  portsPromised: true,
  ...change,
});
const end = (change: Partial<End>): End => ({
  ...{ exitCode: 0, oomKilled: false, restarts: 0, error: '', seconds: 1.24 },
  ...change,
});
const none: Sight = { met: null, seen: '', blind: false };
const port = (change: Partial<Plan> = {}) => plan({ conditions: [{ check: 'port', ports: [80] }], ...change });
const pattern = { written: 'up', source: 'up', flags: '' };
const both = plan({
  conditions: [
    { check: 'port', ports: [80] },
    { check: 'log', pattern },
  ],
  asked: true,
});
const code3 = plan({ conditions: [{ check: 'exit' }], asked: true, exitCode: 3 });

test.each<[string, Plan, { end?: Partial<End>; elapsed?: number; sights?: Partial<Sight>[] }, string | RegExp | null]>([
  [
    'ends well',
    plan({}),
    { end: {} },
    'passed exit: app ended with exit code 0 after 1.2 s (check: exit, since the program ended by itself)',
  ],
  ['does not yet run long enough', plan({}), { elapsed: 2.9 }, null],
  [
    'keeps running',
    plan({}),
    { elapsed: 3.1 },
    'passed running: app is still running after 3 s (check: running, for a reason)',
  ],
  [
    'fails',
    plan({}),
    { end: { exitCode: 1 } },
    'failed exit: app ended with exit code 1 after 1.2 s; 0 was expected (check: exit, since the program ended by itself)',
  ],
  ['is not found', plan({}), { end: { exitCode: 127 } }, /exit code 127 \(command not found\) after/],
  ['is not executable', plan({}), { end: { exitCode: 126 } }, /exit code 126 \(the command is not executable\) after/],
  ['crashes', plan({}), { end: { exitCode: 139 } }, /exit code 139 \(ended by SIGSEGV\) after/],
  ['has a signal of its own', plan({}), { end: { exitCode: 128 + 24 } }, /exit code 152 \(ended by signal 24\) after/],
  [
    'needs too much memory',
    plan({}),
    { end: { exitCode: 137, oomKilled: true } },
    /^failed exit: app was killed after 1.2 s: out of memory \(/,
  ],
  ['outlives a child that did', plan({}), { end: { oomKilled: true } }, /^passed exit: /],
  [
    'does not start',
    plan({}),
    { end: { exitCode: 127, error: 'exec: "app": not found' } },
    'failed exit: app did not start: exec: "app": not found (check: exit, since the program must start)',
  ],
  [
    'is restarted',
    plan({}),
    { end: { restarts: 2 } },
    /^failed exit: app ended with exit code 0 after 1.2 s and was started again, 2 times \(/,
  ],
  ['has no port yet', port(), { elapsed: 59 }, null],
  [
    'has its port',
    port(),
    { elapsed: 5, sights: [{ met: 0.42, seen: 'accepts connections on port 80' }] },
    'passed port: app accepts connections on port 80 after 0.4 s (check: port, for a reason)',
  ],
  [
    'never has its port',
    port(),
    { elapsed: 60.1, sights: [{ seen: 'it listens on no TCP port' }] },
    'failed port: app did not accept connections on port 80 within 60 s: it listens on no TCP port (check: port, for a reason)',
  ],
  [
    'need not have its port',
    port({ portsPromised: false }),
    { elapsed: 3.1 },
    /^passed running: app is still running after 3 s; no port that its base image EXPOSEs/,
  ],
  [
    'cannot be looked into',
    port(),
    { elapsed: 3.1, sights: [{ blind: true }] },
    /^passed running: .* cannot be seen from here/,
  ],
  [
    'ends before it has its port',
    port(),
    { end: {} },
    /^passed exit: app ended with exit code 0 after 1.2 s, before it could accept connections on port 80 \(/,
  ],
  [
    'ends, and its port was asked for',
    port({ asked: true }),
    { end: {} },
    'failed port: app ended with exit code 0 after 1.2 s and did not accept connections on port 80 (check: port, for a reason)',
  ],
  [
    'had its port and ended well',
    port({ asked: true }),
    { end: {}, sights: [{ met: 0.3 }] },
    /^passed port: app ended with exit code 0/,
  ],
  ['does one of two', both, { elapsed: 9, sights: [{ met: 1, seen: 'x' }] }, null],
  [
    'did only one of two',
    both,
    { elapsed: 61, sights: [{ met: 1, seen: 'x' }] },
    /^failed log: app did not print a line that matches up within 60 s \(/,
  ],
  [
    'did neither',
    both,
    { elapsed: 61 },
    /^failed port: app did not accept connections on port 80 within 60 s; it did not print a line that matches up within 60 s \(/,
  ],
  [
    'did both',
    both,
    { elapsed: 9, sights: [{ met: 1, seen: 'accepts connections on port 80' }, { met: 2.04 }] },
    /^passed port: app accepts connections on port 80 and printed a line that matches up after 2 s/,
  ],
  ['ends as asked', code3, { end: { exitCode: 3 } }, /^passed exit: app ended with exit code 3/],
  ['ends otherwise', code3, { end: {} }, /^failed exit: app ended with exit code 0 after 1.2 s; 3 was expected/],
  ['does not end', code3, { elapsed: 61 }, /^failed exit: app did not end with exit code 3 within 60 s/],
])('a program that %s', (_, chosen, seen, expected) => {
  const sights = chosen.conditions.map((_, at) => ({ ...none, ...seen.sights?.[at] }));
  const verdict = judge(chosen, { end: seen.end ? end(seen.end) : null, elapsed: seen.elapsed ?? 1.24, sights }, 'app');
  const text = verdict && `${verdict.outcome} ${verdict.check}: ${verdict.evidence}`;
  if (expected === null || typeof expected === 'string') expect(text).toBe(expected);
  else expect(text).toMatch(expected);
});

test('all conditions are told, with what was seen', () => {
  const sights = [
    { ...none, seen: 'it listens on no TCP port' },
    { ...none, met: 2 },
  ];
  expect(judge(both, { end: null, elapsed: 61, sights }, 'app')?.conditions).toEqual([
    { check: 'port', expected: 'accept connections on port 80', seen: 'it listens on no TCP port', met: false },
    { check: 'log', expected: 'print a line that matches up', seen: '', met: true },
  ]);
});
