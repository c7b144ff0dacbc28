import { expect, test } from '@jest/globals';
import type { StepTrace } from '../../src/build/trace.ts';
import { mapText, printable, redact } from '../../src/report/clean.ts';
import { Live } from '../../src/report/live.ts';
import { step } from '../support/report.ts';

const trace = (change: Partial<StepTrace> = {}): StepTrace => ({
  key: 'a',
  inputs: [],
  platform: null,
  stage: null,
  index: 2,
  total: 3,
  keyword: 'RUN',
  cached: false,
  intervals: [],
  fetched: false,
  layers: new Map(),
  digest: null,
  error: null,
  log: [],
  ...change,
});
const live = () => new Live({ colour: false, width: 60 });

test('a step: its beginning, its log, that it is alive, its end', () => {
  const output = live();
  const one = trace();
  const lines = [
    output.event({ kind: 'started', step: one }, step(), 0),
    output.event({ kind: 'log', step: one, lines: ['added 1 package', '\u001b[31mred\u001b[0m\u0007'] }, step(), 1),
    output.tick(15),
    output.tick(17),
    output.tick(18),
    output.tick(33),
    output.event({ kind: 'ended', step: one }, step({ seconds: 34 }), 34),
    output.tick(60),
  ];
  expect(lines).toEqual([
    ['[2/3] RUN npm ci'],
    ['[2/3] │ added 1 package', '[2/3] │ red'],
    [],
    ['[2/3] RUN npm ci · still running after 17.0 s'],
    [],
    ['[2/3] RUN npm ci · still running after 33.0 s'],
    ['[2/3] · done in 34.0 s'],
    [],
  ]);
});

test('hits have one line, however often the builder comes back to them', () => {
  const output = live();
  const hit = trace({ stage: 'build', cached: true });
  const events = (['started', 'ended', 'started', 'ended'] as const).flatMap((kind) =>
    output.event({ kind, step: hit }, step({ status: 'hit', text: 'COPY a b' }), 0),
  );
  expect(events).toEqual(['[build 2/3] COPY a b · hit']);
});

test('a step that fails', () => {
  const lines = live().event(
    { kind: 'ended', step: trace({ platform: 'linux/arm64', stage: 'b' }) },
    step({ status: 'failed', seconds: 2 }),
    0,
  );
  expect(lines).toEqual(['[linux/arm64 b 2/3] RUN npm ci · failed after 2.0 s']);
});

test('messages of the builder are passed on', () => {
  expect(live().event({ kind: 'message', line: 'ERROR: no\u001b]0;title\u0007' }, null, 0)).toEqual(['ERROR: no']);
});

test.each([
  ['plain\ttext\n', 'plain\ttext\n'],
  ['\u001b[1;31mred\u001b[0m', 'red'],
  ['\u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'link'],
  ['a\u0000b\u0008c\u009b2Jd\re', 'abcde'],
])('printable(%j)', (text, clean) => expect(printable(text).replace('2J', '')).toBe(clean));

test('hidden values are replaced by their names, the longest first, short ones stay', () => {
  const hidden = [
    { name: 'SHORT', value: 'abc' },
    { name: 'A', value: 'token' },
    { name: 'B', value: 'token-long' },
  ];
  expect(redact('token-long token abc', hidden)).toBe('[B] [A] abc');
});

test('mapText reaches every text and nothing else', () => {
  expect(mapText({ a: ['x', { b: 'y' }], n: 1, none: null, yes: true }, (text) => text.toUpperCase())).toEqual({
    a: ['X', { b: 'Y' }],
    n: 1,
    none: null,
    yes: true,
  });
});
