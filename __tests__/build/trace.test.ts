import { expect, test } from '@jest/globals';
import { seconds } from '../../src/build/trace.ts';

test.each([
  ['nothing', [], 0],
  ['one', [[0, 2000]], 2],
  [
    'two apart',
    [
      [0, 1000],
      [5000, 6500],
    ],
    2.5,
  ],
  [
    'two that overlap',
    [
      [0, 3000],
      [1000, 4000],
    ],
    4,
  ],
  [
    'one inside another',
    [
      [0, 9000],
      [1000, 2000],
    ],
    9,
  ],
  [
    'out of order',
    [
      [5000, 6000],
      [0, 1000],
    ],
    2,
  ],
  [
    'one that goes on',
    [
      [0, 1000],
      [2000, null],
    ],
    1,
  ],
])('seconds of intervals: %s', (_, intervals, expected) => {
  expect(seconds(intervals.map(([start, end]) => ({ start: start ?? 0, end: end ?? null })))).toBe(expected);
});
