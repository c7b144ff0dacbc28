import { describe, expect, test } from '@jest/globals';
import { shellCommands } from '../../src/dockerfile/commands.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';

const commands = (text: string) => {
  const instruction = parseDockerfile(`FROM a\n${text}`, 'Dockerfile').dockerfile.instructions.at(-1);
  return instruction === undefined ? [] : shellCommands(instruction);
};
const words = (text: string) => commands(text).map((command) => command.words.join(' '));

describe('structure', () => {
  test.each([
    ['RUN a && b || c; d & e', ['a', 'b', 'c', 'd', 'e']],
    ['RUN a | b', ['a', 'b']],
    ['RUN (a; b) && { c; }', ['a', 'b', 'c']],
    ['RUN if a; then b; elif c; then d; else e; fi', ['a', 'b', 'c', 'd', 'e']],
    ['RUN for i in 1 2; do a $i; done', ['a $i']],
    ['RUN while a; do b; done', ['a', 'b']],
    ['RUN case $x in y) a;; *) b;; esac', ['a', 'b']],
    ['RUN f() { a; }; f', ['a', 'f']],
    ['RUN ! a', ['a']],
    ['RUN time a', ['a']],
    ['RUN x=$(a b) c "`d`"', ['a b', 'd', 'c `d`']],
    ['RUN a > "$(b)"', ['b', 'a']],
    ['RUN set -ex; a', ['set -ex', 'a']],
    ['RUN a "b c" \'d\' e\\ f $G "${H}"', ['a b c d e f $G ${H}']],
    ['RUN a # b', ['a']],
    ['RUN A=1', ['']],
    ['RUN echo "open', ['echo open']],
    ['CMD a && b', ['a', 'b']],
    ['ENTRYPOINT ["a", "b"]', ['a b']],
    ['COPY a b', []],
    ['RUN', []],
  ])('%s', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });
});

describe('wrappers and shells', () => {
  test.each([
    ['RUN sudo -E -u root a b', ['a b']],
    ['RUN env -u X Y=1 a', ['a']],
    ['RUN exec a', ['a']],
    ['RUN sudo env time nice -n 5 a', ['a']],
    ['RUN command -v a', ['command -v a']],
    ['RUN env', ['env']],
    ["RUN bash -c 'a && b'", ['a', 'b']],
    ['RUN /bin/sh -ec "a; b"', ['a', 'b']],
    ['RUN bash -euo pipefail -c "a"', ['a']],
    ['RUN bash -eo pipefail -c a', ['a']],
    ['RUN sudo bash -lc "a $X"', ['a $X']],
    ['RUN bash script.sh -c a', ['bash script.sh -c a']],
    ['RUN bash -c', ['bash -c']],
    ['RUN ["sh", "-c", "a && b"]', ['a', 'b']],
    ['RUN ["npm", "ci"]', ['npm ci']],
    ['RUN <<EOF\na\nb \\\n  c\nEOF', ['a', 'b c']],
    ['RUN <<EOF\n#!/bin/bash -e\na\nEOF', ['a']],
    ['RUN <<EOF\n#!/usr/bin/env -S bash\na\nEOF', ['a']],
    ['RUN <<EOF\n#!/usr/bin/env python3\na\nEOF', []],
    ['RUN <<-EOF\n\ta\n\tEOF', ['a']],
    ['RUN bash -e <<EOF\na\nEOF', ['a']],
    ['RUN python3 <<EOF\na\nEOF', ['python3']],
    ['RUN cat <<EOF > x && a\nb\nEOF', ['cat', 'a']],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test('variables set for a command, by the shell and by wrappers', () => {
    expect(commands('RUN A=1 sudo B="2 3" npm ci').map(({ assignments }) => assignments)).toEqual([
      [
        { name: 'A', value: '1' },
        { name: 'B', value: '2 3' },
      ],
    ]);
  });
});

test.each([
  ['RUN a', ['.']],
  ['RUN cd x && a; cd ../y; b', ['.', 'x', 'x', 'y']],
  ['RUN cd /x && a', ['.', '/x']],
  ['RUN (cd x; a); b', ['.', 'x', '.']],
  ['RUN cd x | a; b', ['.', '.', '.']],
  ['RUN cd x & a', ['.', '.']],
  ['RUN cd $X; a; cd /y; b', ['.', null, null, '/y']],
  ['RUN cd; a', ['.', null]],
  ['RUN cd -; a', ['.', null]],
  ['RUN cd -P x; a', ['.', 'x']],
  ['RUN cd x || exit 1; a', ['.', '.', 'x']],
  ['RUN if a; then cd x; fi; b', ['.', '.', null]],
  ['RUN for i in 1; do cd x; a; done; b', ['.', 'x', null]],
  ["RUN sh -c 'cd x; a'; b", ['.', 'x', '.']],
  ['RUN f() { a; }; b', [null, '.']],
  ['RUN pushd x; a; popd; b', ['.', 'x', 'x', null]],
])('directories: %s', (text, expected) => {
  expect(commands(text).map(({ workdir }) => workdir)).toEqual(expected);
});

describe('places are those of the Dockerfile', () => {
  const places = (text: string) =>
    commands(text).map(({ range: { start, end } }) => `${start.line}:${start.column}-${end.line}:${end.column}`);
  test.each([
    ['RUN a && bb', ['2:5-2:6', '2:10-2:12']],
    ['RUN --network=none a \\\n  # c\n\n && b \\\n   c', ['2:20-2:21', '5:5-6:5']],
    ["RUN sh -c 'a && b'", ['2:12-2:13', '2:17-2:18']],
    ['RUN sh -c "a \\"b\\""', ['2:5-2:20']],
    ['RUN <<EOF\na\n  b\nEOF', ['3:1-3:2', '4:3-4:4']],
    ['RUN <<-EOF\n\t\ta\n\tEOF', ['3:3-3:4']],
    ['RUN bash <<A\na\nA', ['3:1-3:2']],
    ['RUN cat <<A; b <<B\n1\nA\n2\nB', ['2:5-2:12', '2:14-2:19']],
    ['RUN ["a", "b"]', ['2:1-2:15']],
    ['RUN ["sh", "-c", \\\n  "a"]', ['3:3-3:6']],
    ['RUN echo $(a)', ['2:12-2:13', '2:5-2:14']],
  ])('%j', (text, expected) => {
    expect(places(text)).toEqual(expected);
  });
});
