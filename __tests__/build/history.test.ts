// Sizes of layers, out of what docker history prints.

import { expect, test } from '@jest/globals';
import { layerSizes } from '../../src/build/history.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';

/** Sizes by line; `entries` as docker history has them, newest first. */
function sizes(text: string, entries: [string, number | string][], target = ''): [number, number][] {
  const { dockerfile } = parseDockerfile(text, 'Dockerfile');
  const history = entries.map(([CreatedBy, Size]) => `${JSON.stringify({ CreatedBy, Size: String(Size) })}\n`);
  return [...layerSizes(history.join(''), dockerfile, target)].map(([{ range }, bytes]) => [range.start.line, bytes]);
}

const BASE: [string, number][] = [
  ['CMD ["sh"]', 0],
  ['ADD rootfs.tar / # buildkit', 4_000_000],
];

test('of an instruction each, from the last one up to the base image', () => {
  expect(
    sizes('FROM a\nARG V\nWORKDIR /src\nRUN one\nCOPY x .\nCMD ["b"]', [
      ['CMD ["b"]', 0],
      ['COPY x . # buildkit', 20],
      ['RUN |1 V=1 /bin/sh -c one # buildkit', 300],
      ['WORKDIR /src', 4096],
      ['ARG V=1', 0],
      ...BASE,
    ]),
  ).toEqual([
    [6, 0],
    [5, 20],
    [4, 300],
    [3, 4096],
    [2, 0],
  ]);
});

test('also of the stages that it is FROM, and of no others', () => {
  const text = 'FROM a AS b\nRUN one\nFROM a AS c\nRUN two\nFROM b\nCOPY --from=c x .';
  const chain: [string, number][] = [['COPY x . # buildkit', 20], ['RUN /bin/sh -c one # buildkit', 300], ...BASE];
  expect(sizes(text, chain)).toEqual([
    [6, 20],
    [2, 300],
  ]);
  expect(sizes(text, [['RUN /bin/sh -c two # buildkit', 1], ...BASE], 'c')).toEqual([[4, 1]]);
});

test('a trigger runs in each stage', () => {
  const text = 'FROM a AS b\nONBUILD RUN one\nFROM b AS c\nFROM c';
  expect(sizes(text, [['ONBUILD RUN one', 0], ...BASE], 'b')).toEqual([[2, 0]]);
  const [[, bytes] = [0, 0]] = sizes(
    text,
    [['RUN /bin/sh -c one # buildkit', 5], ['ONBUILD RUN one', 0], ...BASE],
    'c',
  );
  expect(bytes).toBe(5);
});

test('the classic builder has its own words', () => {
  expect(
    sizes('FROM a\nENV A=b\nRUN one\nSHELL ["/bin/ash", "-c"]\nCOPY x .', [
      ['/bin/ash -c #(nop) COPY file:1 in . ', 20],
      ['/bin/ash -c #(nop)  SHELL [/bin/ash -c]', 0],
      ['/bin/sh -c one', 300],
      ['/bin/sh -c #(nop)  ENV A=b', 0],
      ...BASE,
    ]),
  ).toEqual([
    [5, 20],
    [4, 0],
    [3, 300],
    [2, 0],
  ]);
});

test.each<[string, [string, number | string][]]>([
  ['squashed', [['merge sha256:1 to sha256:2', 300]]],
  ['of another Dockerfile', [['CMD ["x"]', 0], ...BASE]],
  ['without sizes', [['RUN /bin/sh -c one # buildkit', '<missing>'], ...BASE]],
  ['empty', []],
])('a history that is %s tells nothing', (_, entries) => {
  expect(sizes('FROM a\nCOPY a b\nRUN one', entries)).toEqual([]);
});

test('what is no JSON tells nothing', () => {
  expect(layerSizes('no JSON\n', parseDockerfile('FROM a\nRUN one', '').dockerfile, '').size).toBe(0);
});
