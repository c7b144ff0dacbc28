import { describe, expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { places } from '../../src/dockerfile/workdir.ts';
import { matchesPattern, mountedSources, originOf, pathWithin, sourcesOf } from '../../src/lint/sources.ts';

const last = (text: string) => {
  const { dockerfile } = parseDockerfile(text, 'Dockerfile');
  const stage = dockerfile.stages.at(-1);
  // The places are alive: what is asked of one has to be asked while it is the current one.
  if (!stage) throw new Error('no stage');
  let found: ReturnType<typeof sourcesOf> = [];
  for (const place of places(dockerfile, stage)) found = [...sourcesOf(place, '\\'), ...mountedSources(place, '\\')];
  return found;
};
const told = (text: string) =>
  last(`FROM a\nWORKDIR /w\nENV D=/d S=src\n${text}`).map(
    ({ context, path, directory, to }) =>
      `${context ? '' : 'not context: '}${path || '(all)'}${directory ? '/' : ''} -> ${to}`,
  );

test.each([
  ['COPY . .', ['(all)/ -> /w']],
  ['COPY ./ /app/', ['(all)/ -> /app']],
  ['COPY / x', ['(all)/ -> /w/x']],
  ['COPY * ./', ['(all)/ -> /w']],
  ['COPY ../.. .', ['(all)/ -> /w']],
  ['ADD . $D', ['(all)/ -> /d']],
  ['COPY $S .', ['src/ -> /w']],
  ['COPY ["./src", "."]', ['src/ -> /w']],
  ['COPY data/ x', ['data/ -> /w/x']],
  ['COPY data x', ['data -> /w/x']],
  ['COPY package.json .', ['package.json -> /w/package.json']],
  ['COPY package.json p.json', ['package.json -> /w/p.json']],
  ['COPY a/b.txt c/', ['a/b.txt -> /w/c/b.txt']],
  ['COPY a.txt src /x', ['a.txt -> /x/a.txt', 'src/ -> /x']],
  ['COPY --from=b . .', ['not context: (all)/ -> /w']],
  ['COPY --exclude=x . .', ['not context: (all)/ -> /w']],
  ['COPY <<E /w/f\nE', ['not context: E -> /w/f']],
  ['ADD https://example.com/x /y', []],
  ['ADD git@example.com:a/b /y', []],
  ['COPY $UNKNOWN .', []],
  ['COPY . $UNKNOWN', []],
  ['RUN --mount=target=. x', ['(all)/ -> /w']],
  ['RUN --mount=type=bind,src=a.txt,dst=/t/a.txt x', ['a.txt -> /t/a.txt']],
  ['RUN --mount=type=cache,target=/c --mount=from=b,target=/b x', []],
  ['COPY .', []],
])('%s', (text, expected) => {
  expect(told(text)).toEqual(expected);
});

describe('where a file of the image comes from', () => {
  test.each([
    ['COPY . .', '/w/a/b', 'a/b'],
    ['COPY src/ lib/', '/w/lib/x', 'src/x'],
    ['COPY . .', '/other', null],
    ['COPY package*.json ./', '/w/package-lock.json', 'package-lock.json'],
    ['COPY package*.json ./', '/w/yarn.lock', null],
    ['COPY a/package.json /w/', '/w/package.json', 'a/package.json'],
    ['COPY a.txt b.txt', '/w/b.txt', 'a.txt'],
    ['COPY a.txt b.txt', '/w/a.txt', null],
  ])('%s brings %s', (text, file, expected) => {
    const [source] = last(`FROM a\nWORKDIR /w\n${text}`);
    expect(source && originOf(file, source)).toBe(expected);
  });
});

test.each([
  ['/a', '/a/b', 'b'],
  ['/a', '/a', ''],
  ['/a', '/ab', null],
  ['/', '/a', 'a'],
  ['.', 'a/b', 'a/b'],
  ['a', 'a/b', 'b'],
  ['.', '/a', null],
  ['..', '../a', null],
])('pathWithin(%s, %s)', (directory, path, expected) => {
  expect(pathWithin(directory, path)).toBe(expected);
});

test.each([
  ['package.json', 'package*.json', true],
  ['package-lock.json', 'package*.json', true],
  ['package.json', '*', true],
  ['abc', 'a?c', true],
  ['abc', 'a[xb]c', true],
  ['abc', 'ab', false],
  ['ab', 'abc', false],
  ['a', 'a*', true],
  ['', '*', true],
  ['x'.repeat(200), `${'*x'.repeat(200)}y`, false],
])('matchesPattern(%s, %s)', (name, pattern, expected) => {
  expect(matchesPattern(name, pattern)).toBe(expected);
});
