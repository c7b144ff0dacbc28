// The lines below a finding in the terminal. Expected texts stand here whole, so that a change shows.

import { expect, test } from '@jest/globals';
import type { Finding } from '../../src/lint/finding.ts';
import { findingsText } from '../../src/report/terminal.ts';
import { failedReport } from '../support/report.ts';

const plain = { colour: false, width: 60 };

const shown = (text: string, place: Partial<Finding>, display = plain): string => {
  const { lint } = failedReport();
  const findings = lint.findings.map((finding) => ({ ...finding, ...place }));
  return findingsText({ findings, suppressed: 0, ignored: 0 }, new Map([['Dockerfile', text]]), display);
};
/** Only the excerpt. */
const excerpt = (text: string, place: Partial<Finding>, display = plain): string[] =>
  shown(text, place, display)
    .split('\n')
    .filter((line) => line.includes('│'));
const at = (line: number, column: number, endColumn: number, endLine = line) => ({ line, endLine, column, endColumn });

test('the line, the place in it, then what to do', () => {
  expect(shown('FROM a\nRUN b\nCOPY . .\n', at(3, 1, 9))).toBe(`  lint        1 finding

  Dockerfile:3: warning [copy-before-install]
    3 │ COPY . .
      │ ^^^^^^^^
    Every change to a file re-runs \`npm ci\`.
    Copy the manifests first:
      COPY package.json ./`);
});

test('at most three lines', () => {
  expect(excerpt(`RUN a \\\r\n${'  b \\\r\n'.repeat(8)}  c\r\n`, at(1, 1, 4, 10))).toEqual([
    '     1 │ RUN a \\',
    '       │ ^^^^^^^',
    '     2 │   b \\',
    '     3 │   b \\',
    '       │ … 7 more lines',
  ]);
});

test('of a long line the place is seen', () => {
  const text = `ENV ${'a'.repeat(1 << 20)} HERE ${'b'.repeat(100)}`;
  const column = text.indexOf('HERE') + 1;
  expect(excerpt(text, at(1, column, column + 4))).toEqual([
    `    1 │ …${'a'.repeat(19)} HERE ${'b'.repeat(25)}…`,
    `      │ ${' '.repeat(21)}^^^^`,
  ]);
  expect(excerpt(text, at(1, 1, text.length + 1))).toEqual([
    `    1 │ ENV ${'a'.repeat(47)}…`,
    `      │ ${'^'.repeat(52)}`,
  ]);
});

test.each([
  ['\u001b[31mred\u001b[0m', '␛[31mred␛[0m'],
  ['a\tb\u0000\u0008', 'a  b␀␈'],
  ['a\u202eb\u200b\u009bc\u2028', 'a�b��c�'],
  ['\ud800x', '�x'],
])('nothing in %j moves the cursor', (text, expected) => {
  expect(excerpt(text, at(1, 1, text.length + 1))).toEqual([
    `    1 │ ${expected}`,
    `      │ ${'^'.repeat(expected.length)}`,
  ]);
});

test('the mark is under wide characters', () => {
  expect(excerpt('RUN 日本 é👩 x', at(1, 5, 7))[1]).toBe('      │     ^^^^');
  expect(excerpt('RUN 日本 é👩 x', at(1, 12, 13))[1]).toBe(`      │ ${' '.repeat(13)}^`);
});

test('in colour where it is shown', () => {
  const display = { colour: true, width: 60 };
  expect(excerpt('COPY . .', at(1, 1, 9), display)).toEqual([
    '\u001b[2m    1 │\u001b[0m COPY . .',
    '\u001b[2m      │\u001b[0m \u001b[33m^^^^^^^^\u001b[0m',
  ]);
});

test('without the text, and beyond its end, there is none', () => {
  expect(excerpt('', { file: 'other' })).toEqual([]);
  expect(excerpt('FROM a', at(7, 1, 2))).toEqual([]);
});

test('a name with a line end is no second finding', () => {
  expect(shown('', { file: 'a\nDockerfile:1: error [b]' })).toContain('  a\\nDockerfile:1: error [b]:3: warning');
});
