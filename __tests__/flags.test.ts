import { expect, test } from '@jest/globals';
import { helpText, readArguments } from '../src/flags.ts';
import { INPUTS } from '../src/inputs.ts';

const read = (...argv: string[]) => readArguments(argv);
const messages = (...argv: string[]) => read(...argv).problems.map(({ message }) => message);

test('build with docker’s own flags', () => {
  const { command, inputs, problems } = read(
    'build',
    'app',
    '-f',
    'x/Dockerfile',
    '-t',
    'a',
    '--tag=b',
    '--build-arg',
    'A=1',
    '--build-arg',
    'B=2,3',
    '--no-cache',
    '--smoke-test',
    'off',
  );
  expect({ command, problems }).toEqual({ command: 'build', problems: [] });
  expect(inputs).toMatchObject({
    context: 'app',
    file: 'x/Dockerfile',
    tags: ['a', 'b'],
    'build-args': ['A=1', 'B=2,3'],
    'no-cache': true,
    'smoke-test': 'off',
  });
});

test('the last of several texts counts, and flags may stand behind', () => {
  expect(read('build', '--target', 'a', '.', '--target', 'b', '--format', 'json')).toMatchObject({
    format: 'json',
    inputs: { target: 'b', context: '.' },
  });
});

test('a boolean may be switched off', () => {
  expect(read('build', '--summary=false').inputs.summary).toBe(false);
});

test('- and what stands behind -- are paths', () => {
  expect(read('lint', '-', '--', '-x', '--lint')).toMatchObject({ operands: ['-', '-x', '--lint'], problems: [] });
  expect(read('lint', '--format', 'sarif').format).toBe('sarif');
});

test('lint takes files', () => {
  expect(read('lint', 'a', 'b', '--lint', 'error')).toMatchObject({
    command: 'lint',
    operands: ['a', 'b'],
    inputs: { lint: 'error' },
  });
});

test('explain takes two files', () => {
  expect(read('explain', 'a', 'b', '--format', 'github')).toMatchObject({
    command: 'explain',
    operands: ['a', 'b'],
    format: 'github',
    problems: [],
  });
});

test.each([
  [[], 'Which command? One of build, lint, explain, smoke.'],
  [['biuld'], 'biuld is no command; there are build, lint, explain, smoke. Did you mean build?'],
  [['build', 'a', 'b'], 'build takes one context, not 2: a b.'],
  [['smoke'], 'smoke takes one image, not none.'],
  [['smoke', 'a', 'b'], 'smoke takes one image, not 2: a b.'],
  [['build', '--tagg', 'x'], '--tagg is no flag. Did you mean --tags?'],
  [['build', '--nonsense'], '--nonsense is no flag.'],
  [['build', '--target'], '--target needs a value.'],
  [['build', '--format', 'xml'], '--format: "xml" is not one of text, json, sarif, github.'],
  [['explain', 'a', 'b', '--format', 'sarif'], '--format: "sarif" is not one of text, json, github.'],
  [['explain', 'a'], 'explain takes two JSON reports, the old one and the new one, not 1.'],
])('%j: one clear sentence', (argv, message) => {
  expect(messages(...argv)).toContain(message);
});

test('all that is wrong is told at once', () => {
  expect(messages('build', '--frobnicate', '--lint', 'x', '--target')).toEqual([
    '--frobnicate is no flag.',
    '--target needs a value.',
    'lint: "x" is not one of warn, error, off.',
  ]);
});

test('help names every input', () => {
  expect(read('--help').command).toBe('help');
  expect(read('help').command).toBe('help');
  expect(read('--version').command).toBe('version');
  for (const name of Object.keys(INPUTS)) expect(helpText()).toContain(`--${name}`);
});
