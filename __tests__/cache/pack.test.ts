import { describe, expect, test } from '@jest/globals';
import type { Digest } from '../../src/cache/blobs.ts';
import { planEntries } from '../../src/cache/pack.ts';

const blob = (number: number, bytes: number) => ({
  digest: `sha256:${number.toString(16).padStart(64, '0')}` as Digest,
  bytes,
});
const plan = (sizes: number[], most: number) =>
  planEntries(
    sizes.map((bytes, at) => blob(at, bytes)),
    most,
  ).map(({ digests, bytes }) => [digests.map((digest) => Number.parseInt(digest.slice(7), 16)), bytes]);

describe('planEntries', () => {
  test.each<[string, number[], unknown[]]>([
    ['nothing', [], []],
    [
      'as many as there may be',
      [5, 1, 9],
      [
        [[0], 5],
        [[1], 1],
        [[2], 9],
      ],
    ],
    [
      'too many: the largest alone, neighbours together',
      [1, 9, 1, 1, 8, 1],
      [
        [[1], 9],
        [[4], 8],
        [[0, 2], 2],
        [[3, 5], 2],
      ],
    ],
    [
      'one that is half of what is left',
      [9, 8, 7, 1, 1],
      [
        [[0], 9],
        [[1], 8],
        [[2, 3, 4], 9],
      ],
    ],
  ])('%s', (_, sizes, entries) => expect(plan(sizes, 4)).toEqual(entries));

  test('the name of one is its digest, that of a pack does not depend on its order', () => {
    expect(planEntries([blob(7, 1)], 3)[0]?.name).toBe('7'.padStart(64, '0'));
    const pack = [9, 1, 1, 1].map((bytes, at) => blob(at, bytes));
    const names = (blobs: typeof pack) => planEntries(blobs, 3).map(({ name }) => name);
    expect(names(pack)).toHaveLength(3);
    expect(names(pack)[2]).toBe(names([...pack.slice(0, 2), ...pack.slice(2).reverse()])[2]);
    expect(names(pack)[2]).toMatch(/^[0-9a-f]{64}$/);
  });
});
