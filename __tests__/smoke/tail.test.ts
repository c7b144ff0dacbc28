import { expect, test } from '@jest/globals';
import { Tail } from '../../src/smoke/tail.ts';

/** What is left of texts that come in pieces: `out:…` and `err:…`. */
function tail(...pieces: [stream: 'stdout' | 'stderr', text: string][]) {
  const taken: string[] = [];
  const kept = new Tail((line) => taken.push(line));
  for (const [stream, text] of pieces) kept.add(stream, Buffer.from(text));
  kept.end();
  return { lines: kept.lines, taken };
}

test('both streams, in the order in which their lines came', () => {
  expect(tail(['stdout', 'a\nb'], ['stderr', 'x\r\n'], ['stdout', 'c\n\nd']).lines).toEqual(['a', 'x', 'bc', 'd']);
});

test('a character in two pieces stays whole', () => {
  const euro = Buffer.from('€\n');
  const lines: string[] = [];
  const kept = new Tail((line) => lines.push(line));
  kept.add('stdout', euro.subarray(0, 1));
  kept.add('stdout', euro.subarray(1));
  expect(lines).toEqual(['€']);
});

test('a flood on one stream leaves room for the other', () => {
  const flood = Array.from({ length: 1000 }, (_, at) => `out ${at}\n`).join('');
  const { lines } = tail(['stderr', 'why\n'], ['stdout', flood]);
  expect(lines).toEqual(['why', ...Array.from({ length: 19 }, (_, at) => `out ${981 + at}`)]);
  expect(tail(['stderr', flood], ['stdout', flood]).lines).toHaveLength(20);
});

test('a line without end is cut', () => {
  const { lines, taken } = tail(
    ['stdout', 'x'.repeat(1500)],
    ['stdout', 'y'.repeat(1_000_000)],
    ['stdout', '\nlast\n'],
  );
  expect(lines).toEqual([`${'x'.repeat(1500)}${'y'.repeat(500)}`, 'last']);
  expect(taken).toEqual(lines);
});
