// Two builds side by side, as `explain` prints them.

import { describe, expect, test } from '@jest/globals';
import { comparisonText } from '../../src/report/comparison.ts';
import type { Report, Step } from '../../src/report/report.ts';
import { after, explainedReport, reportOf, step } from '../support/report.ts';

const compare = (old: Report, recent: Report, width = 80) => comparisonText(old, recent, { colour: false, width });

/** The build before: all was reused, in 3 seconds, and it had one more step. */
function before(): Report {
  const reused = explainedReport().build.steps.map(
    (one): Step => ({ ...one, status: 'hit', source: 'local', seconds: 0.01, cause: null, total: 7 }),
  );
  const last = step({ id: 'stage-0/7', index: 7, total: 7, line: 7, text: 'RUN npm test', seconds: 2.5 });
  return reportOf([...reused, last], { seconds: 3.1 });
}

test('how both went, why steps missed, and all steps beside what they were', () => {
  expect(compare(before(), explainedReport()).replace(/Dockerfile:4[\s\S]*compared/, '…')).toBe(
    `  old  Dockerfile · Built in 3.1 s · 6 of 7 steps from the cache
  new  Dockerfile · Built in 13.6 s · 3 of 6 steps from the cache
  10.5 s slower

  The cache saved 52.1 s; one miss cost 41.2 s:

  … with the build of 2026-11-20 14:03 UTC, commit 1a2b3c4

  step  line  instruction                 old          new  why
  1/6      1  FROM node:24        hit < 0.1 s  hit < 0.1 s
  2/6      2  WORKDIR /app        hit < 0.1 s  hit < 0.1 s
  3/6      3  RUN apt-get update  hit < 0.1 s    hit 1.2 s
  4/6      4  COPY . .            hit < 0.1 s   miss 0.3 s  files changed
  5/6      5  RUN npm ci          hit < 0.1 s  miss 34.7 s  after 4/6
  6/6      6  RUN npm run build   hit < 0.1 s   miss 6.2 s  after 4/6
              RUN npm test         miss 2.5 s            –`,
  );
});

test('the reasons are those of the job’s own report', () => {
  expect(compare(before(), explainedReport())).toContain('\n  Dockerfile:4: files changed, cost 41.2 s with 2 steps');
});

test('a narrow terminal has the reasons above the table only', () => {
  const text = compare(before(), explainedReport(), 60);
  expect(text).toContain('Dockerfile:4: files changed');
  expect(text).not.toContain('after 4/6');
});

describe('which step is which', () => {
  const place = (stage: string, index: number, text: string, change: Partial<Step> = {}): Step =>
    step({ id: `${stage}/${index}`, stage, index, text, instruction: text.split(' ')[0] ?? '', ...change });
  const timed = (steps: Step[]) => steps.map((one, at) => ({ ...one, seconds: at + 1 }));
  /** `old | new` of each row. */
  const rows = (old: Step[], recent: Step[]) => {
    const [, table = ''] = compare(reportOf(timed(old)), reportOf(timed(recent)), 200).split('why\n');
    return table.split('\n').map((line) => line.trim().split(/ {2,}/).slice(-2).join(' | '));
  };

  test.each<[string, Step[], Step[], string[]]>([
    [
      'one was put in between',
      [place('a', 1, 'FROM a'), place('a', 2, 'RUN b')],
      [place('a', 1, 'FROM a'), place('a', 2, 'RUN x'), place('a', 3, 'RUN b')],
      ['miss 1.0 s | miss 1.0 s', '– | miss 2.0 s', 'miss 2.0 s | miss 3.0 s'],
    ],
    [
      'they changed places',
      [place('a', 1, 'RUN b'), place('a', 2, 'RUN c')],
      [place('a', 1, 'RUN c'), place('a', 2, 'RUN b')],
      ['miss 2.0 s | miss 1.0 s', 'miss 1.0 s | miss 2.0 s'],
    ],
    ['the stage has another name', [place('a', 1, 'RUN b')], [place('z', 1, 'RUN b')], ['miss 1.0 s | miss 1.0 s']],
    ['it was edited', [place('a', 1, 'RUN b')], [place('a', 1, 'RUN c')], ['miss 1.0 s | miss 1.0 s']],
    [
      'another instruction is in its place',
      [place('a', 1, 'RUN b')],
      [place('a', 1, 'COPY . .')],
      ['– | miss 1.0 s', 'miss 1.0 s | –'],
    ],
    [
      'the same twice',
      [place('a', 1, 'RUN b'), place('a', 2, 'RUN b')],
      [place('a', 1, 'RUN b'), place('a', 2, 'RUN b')],
      ['miss 1.0 s | miss 1.0 s', 'miss 2.0 s | miss 2.0 s'],
    ],
    [
      'several platforms were built before',
      [place('a', 1, 'RUN b', { id: 'linux/arm64/a/1' }), place('a', 1, 'RUN b', { id: 'linux/amd64/a/1' })],
      [place('a', 1, 'RUN b', { id: 'linux/amd64/a/1' })],
      ['miss 2.0 s | miss 1.0 s', 'miss 1.0 s | –'],
    ],
  ])('%s', (_, old, recent, expected) => {
    expect(rows(old, recent)).toEqual(expected);
  });
});

test('a build that failed, without any step', () => {
  const text = compare(reportOf([]), reportOf([], { outcome: 'failed', seconds: 1 }));
  expect(text).toBe(
    '  old  Dockerfile · Built in 13.6 s\n  new  Dockerfile · Build failed after 1.0 s\n  12.6 s faster',
  );
});

test('thousands of steps are compared in no time', () => {
  const many = (change: Partial<Step>) =>
    Array.from({ length: 3000 }, (_, at) => step({ id: `s/${at}`, stage: 's', index: at, total: 3001, ...change }));
  const start = performance.now();
  compare(reportOf(many({})), reportOf(many({ cause: after('s/0') })));
  expect(performance.now() - start).toBeLessThan(5000);
});
