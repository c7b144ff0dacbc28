// What instructions read of a context. Each line was seen on an engine; those with --parents under Dockerfile 1.18-labs.

import { expect, test } from '@jest/globals';
import { readings } from '../../src/context/select.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { contextIn, type Files, make, selectionOf } from './support.ts';

const FILES: Files = {
  'f.txt': 'four',
  'g.md': 'g',
  'd/f.txt': '22',
  'd/n.md': 'n',
  'd/deep/er/x.txt': '1',
  'd/deep/up': '-> ../..',
  'e/sub/q': 'q',
  'e/empty/': '',
  l: '-> d/f.txt',
  ld: '-> d',
  abs: '-> /d/f.txt',
  'ignored/x': '',
  '.dockerignore': 'ignored\n.dockerignore\nabs\n',
};
const BROKEN: Files = {
  'f.txt': '',
  'd/dangling': '-> nothing',
  dangling: '-> nothing',
  out: '-> ../../etc/passwd',
  loop: '-> loop',
};

/** Files, then directories with a slash at the end, then what is missing behind a question mark. */
const selected = (files: Files, instruction: string, buildArgs = {}): string[] | null => {
  const selection = selectionOf(contextIn(make(files)), `FROM scratch\nARG X\n${instruction}\n`, buildArgs);
  if (selection === null) return null;
  const { files: found, directories, missing } = selection;
  const paths = [...found.map(({ path }) => path), ...directories.map(({ path }) => `${path}/`)].sort();
  return [...paths, ...missing.map((text) => `?${text}`)];
};

const D = ['d/deep/', 'd/deep/er/', 'd/deep/er/x.txt', 'd/deep/up', 'd/f.txt', 'd/n.md'];

test.each<[string, string[] | null]>([
  ['COPY f.txt g.md /o/', ['f.txt', 'g.md']],
  ['COPY ["f.txt", "/o/"]', ['f.txt']],
  ['COPY f.txt/ ./g.md ../../d/n.md /d//f.txt /o/', ['d/f.txt', 'd/n.md', 'f.txt', 'g.md']],
  ['COPY d /o/', D],
  ['COPY d/ d/f.txt d /o/', D],
  ['COPY e /o/', ['e/empty/', 'e/sub/', 'e/sub/q']],
  ['COPY missing d/missing f.txt/x /o/', ['?missing', '?d/missing', '?f.txt/x']],
  ['COPY ignored ignored/x /o/', ['?ignored', '?ignored/x']],
  ['COPY l /o/', ['d/f.txt']],
  ['COPY ld /o/', D],
  ['COPY ld/f.txt /o/', ['d/f.txt']],
  ['COPY ld/*.txt /o/', ['d/f.txt']],
  // Of two paths through one link, the client follows the first.
  ['COPY ld/f.txt ld/n.md /o/', ['d/f.txt', '?ld/n.md']],
  ['COPY *.txt /o/', ['f.txt']],
  ['COPY */*.txt /o/', ['d/f.txt']],
  ['COPY **/*.txt /o/', ['d/f.txt']],
  ['COPY l?/f.txt /o/', []],
  ['COPY [!d] /o/', D],
  ['COPY [^d] /o/', ['d/f.txt', 'e/empty/', 'e/sub/', 'e/sub/q']],
  ['COPY nothing*.txt /o/', []],
  ['COPY d*/../f.txt /o/', ['f.txt']],
  // Nothing in d is asked for, so that there is no d.
  ['COPY d/*.nothing /o/', ['?d/*.nothing']],
  ['COPY nodir/*.txt /o/', ['?nodir/*.txt']],
  ['COPY f[ /o/', null],
  ['COPY --exclude=*.txt d /o/', D.filter((path) => path !== 'd/f.txt')],
  ['COPY --exclude=**/*.txt d /o/', ['d/deep/', 'd/deep/er/', 'd/deep/up', 'd/n.md']],
  ['COPY --exclude=deep --exclude=!deep/er d /o/', D.filter((path) => path !== 'd/deep/up')],
  ['COPY --exclude=d ld /o/', D],
  ['COPY --exclude=f.txt ld /o/', D.filter((path) => path !== 'd/f.txt')],
  // A source itself is never left out, nor what a wildcard matches.
  ['COPY --exclude=*.txt f.txt g.* /o/', ['f.txt', 'g.md']],
  ['COPY --exclude=[ d /o/', null],
  ['COPY --parents d/f.txt /o/', ['d/', 'd/f.txt']],
  ['COPY --parents ./d/f.txt /o/', ['d/', 'd/f.txt']],
  ['COPY --parents d/./f.txt /o/', ['d/f.txt']],
  ['COPY --parents ld/./f.txt /o/', ['d/f.txt']],
  ['COPY --parents l /o/', ['l']],
  ['COPY --parents d /o/', ['d/', ...D]],
  ['COPY --parents **/*.txt /o/', ['d/', 'd/deep/', 'd/deep/er/', 'd/deep/er/x.txt', 'd/f.txt', 'f.txt']],
  ['COPY --parents --exclude=**/x.txt d/*/er /o/', ['d/', 'd/deep/', 'd/deep/er/']],
  ['COPY --parents --exclude=d/deep d /o/', ['d/', 'd/f.txt', 'd/n.md']],
  ['COPY --parents nodir/./f.txt f.txt/./x /o/', ['?nodir/./f.txt', '?f.txt/./x']],
  // Since Dockerfile 1.20; before that, nothing was copied.
  ['COPY --parents missing /o/', ['?missing']],
  ['COPY --parents missing*.txt /o/', []],
  ['COPY --parents=false d/f.txt /o/', ['d/f.txt']],
  ['ADD d/f.txt https://example.com/a git@example.com:a/b.git /o/', ['d/f.txt']],
  ['COPY g.md <<EOF /o/\ntext\nEOF', ['g.md']],
  ['COPY $X.md /o/', ['g.md']],
  ['COPY $PATH f.txt /o/', null],
  ['RUN --mount=type=bind,source=ld,target=/m x', D],
  ['RUN --mount=type=bind,src=l,target=/m --mount=type=cache,target=/c x', ['d/f.txt']],
  ['RUN --mount=source=*.txt,target=/m x', ['?*.txt']],
])('%s', (instruction, expected) => {
  expect(selected(FILES, instruction, { X: 'g' })).toEqual(expected);
});

test.each<[string, string[]]>([
  ['COPY dangling out loop /o/', ['?dangling', '?out', '?loop']],
  ['COPY d* /o/', ['d/dangling', '?dangling']],
  ['COPY . /o/', ['d/', 'd/dangling', 'dangling', 'f.txt', 'loop', 'out'].sort()],
  // Filters make BuildKit follow the links at the top.
  ['COPY --exclude=loop . /o/', ['d/', 'd/dangling', 'dangling', 'f.txt', 'out', '?dangling', '?out']],
  ['COPY --exclude=x d /o/', ['d/dangling']],
])('broken links: %s', (instruction, expected) => {
  expect(selected({ ...BROKEN, '.dockerignore': '.dockerignore' }, instruction)?.sort()).toEqual(expected.sort());
});

// BuildKit takes the bytes of a flag for characters.
test('flags know no é', () => {
  expect(selected({ é: '' }, 'COPY --exclude=é . /o/')).toContain('é');
  expect(selected({ é: '' }, 'RUN --mount=source=é,target=/m x')).toEqual(['?Ã©']);
});

test('bytes are those of files, each counted once', () => {
  const context = contextIn(make(FILES));
  expect(selectionOf(context, 'FROM scratch\nCOPY d d/f.txt l f.txt /o/')?.bytes).toBe(2 + 1 + 1 + 4);
});

test('readings of a build: the stages that are needed, each with what it reads', () => {
  const text = `FROM scratch AS base
ONBUILD COPY f.txt /o/
COPY g.md /o/
FROM base AS one
COPY --from=base /o /o
FROM base AS unused
COPY d /o/
FROM base
COPY --from=one /o /o
COPY nothing/*.md d/*.nothing /o/
RUN --mount=type=tmpfs,target=/t x
`;
  const { dockerfile } = parseDockerfile(text, 'Dockerfile');
  const read = (target: string | null) =>
    readings(contextIn(make(FILES)), dockerfile, target).map(({ stage, instruction, selection }) => [
      stage.index,
      instruction.text,
      selection && [...selection.files.map(({ path }) => path), ...selection.missing.map((path) => `?${path}`)],
    ]);
  expect(read('base')).toEqual([[0, 'COPY g.md /o/', ['g.md']]]);
  // The tmpfs brings the whole context, and with it d.
  expect(read(null)).toEqual([
    [0, 'COPY g.md /o/', ['g.md']],
    [1, 'COPY f.txt /o/', ['f.txt']],
    [3, 'COPY f.txt /o/', ['f.txt']],
    [3, 'COPY nothing/*.md d/*.nothing /o/', ['?nothing/*.md']],
  ]);
});
