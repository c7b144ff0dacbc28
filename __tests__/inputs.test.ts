import { describe, expect, test } from '@jest/globals';
import { type InputName, readInputs } from '../src/inputs.ts';

const read = (given: Partial<Record<InputName, string>>) => readInputs((name) => given[name] ?? null);
const messages = (given: Partial<Record<InputName, string>>) => read(given).problems.map(({ message }) => message);

test('nothing given', () => {
  const { inputs, problems } = read({});
  expect(problems).toEqual([]);
  expect(inputs).toMatchObject({
    context: '.',
    file: '',
    tags: [],
    lint: 'warn',
    'smoke-test': 'auto',
    'smoke-settle': 3,
    summary: true,
    pull: false,
  });
});

test('lists are split at line ends and commas, lines only at line ends', () => {
  const { inputs } = read({
    tags: ' a:1,b \n\n c',
    'build-args': 'A=1,2\n B= x',
    'smoke-settle': '0.5',
    'no-cache': 'True',
  });
  expect(inputs).toMatchObject({
    tags: ['a:1', 'b', 'c'],
    'build-args': ['A=1,2', 'B= x'],
    'smoke-settle': 0.5,
    'no-cache': true,
  });
});

test('all wrong ones are told together', () => {
  expect(messages({ lint: 'loud', pull: 'yes', 'smoke-settle': '-1', tags: 'A' })).toEqual([
    'pull: "yes" is not true or false.',
    'lint: "loud" is not one of warn, error, off.',
    'smoke-settle: "-1" is not a number of seconds.',
    'tags: "A" has a capital letter; an image name is lower case: "a".',
  ]);
});

describe('lint-ignore', () => {
  test('takes a list of rules', () => {
    const { inputs, problems } = read({ 'lint-ignore': 'copy-before-install, ignore-comment\n' });
    expect([inputs['lint-ignore'], problems]).toEqual([['copy-before-install', 'ignore-comment'], []]);
  });

  test.each([
    ['copy-befor-install', ' Did you mean copy-before-install?'],
    ['DL3008', ''],
    ['syntax', ''],
  ])('names the legal ones instead of %s', (id, guess) => {
    expect(messages({ 'lint-ignore': id })).toEqual([
      expect.stringMatching(
        new RegExp(
          `^lint-ignore: "${id}" is no rule that can be ignored.${guess.replace('?', '.')} There are copy-before-`,
        ),
      ),
    ]);
  });
});

// Legal and illegal references as in https://github.com/distribution/reference/blob/main/reference_test.go
describe('tags', () => {
  test.each([
    'redis',
    'redis:7',
    'owner/name:v1.2-rc_3',
    'ghcr.io/owner/name:sha-0123',
    'localhost:5000/a/b',
    'localhost/a',
    'My.Registry:80/a',
    '[::1]:5000/a:1',
    'a__b/c--d',
    'Registry/a',
  ])('%s is legal', (tag) => {
    expect(messages({ tags: tag })).toEqual([]);
  });
  test.each([
    ['Redis:7', 'has a capital letter; an image name is lower case: "redis".'],
    ['Owner/Name', 'has a capital letter; an image name is lower case: "owner/name".'],
    ['ghcr.io/Owner/name:1', 'has a capital letter; an image name is lower case: "ghcr.io/owner/name".'],
    ['a@sha256:0', 'has an @; a tag cannot name a digest.'],
    ['-a', /^is no image name/],
    ['a..b', /^is no image name/],
    ['a//b', /^is no image name/],
    ['a:', /^has a wrong part behind the colon/],
    ['a:-x', /^has a wrong part behind the colon/],
    ['a b', /^is no image name/],
    ['exa mple.com/a', /^names the registry "exa mple.com", which is no host name/],
  ])('%s is not', (tag, why) => {
    const found = messages({ tags: tag });
    expect(found).toHaveLength(1);
    expect(found[0]?.replace(`tags: "${tag}" `, '')).toMatch(why);
  });
});

test('pairs must be pairs, and a wrong secret is not repeated', () => {
  expect(messages({ 'secret-files': 'a', secrets: 'hunter2', 'build-contexts': '=x' })).toEqual([
    'build-contexts: "=x" is not of the form NAME=VALUE.',
    'secrets: an item is not of the form NAME=VALUE.',
    'secret-files: "a" is not of the form NAME=VALUE.',
  ]);
});
