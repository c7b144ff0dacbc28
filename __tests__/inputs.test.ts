import { describe, expect, test } from '@jest/globals';
import { type InputName, readInputs } from '../src/inputs.ts';
import { readWishes } from '../src/smoke/ask.ts';

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

describe('what is asked of the smoke test', () => {
  test('legal ones', () => {
    const asked = {
      'smoke-command': 'serve --name "a b" \'$x\' c\\ d',
      'smoke-exit-code': '0',
      'smoke-port': '80, 443',
      'smoke-http': '/\n8080/health?a=b 2XX /ok|up/i\n80/x 200 all is up',
      'smoke-log': 'ready (in|after) \\d+\n/^UP$/i',
      'smoke-env': 'A=b c=d\nTOKEN',
      'smoke-options': '--memory 1g\n--tmpfs "/a b"',
      'smoke-platform': 'linux/arm/v7',
    };
    const { inputs, problems } = read(asked);
    expect(problems).toEqual([]);
    expect(readWishes(inputs).wishes).toMatchObject({
      command: ['serve', '--name', 'a b', '$x', 'c d'],
      exitCode: 0,
      ports: [80, 443],
      http: [
        { port: null, path: '/', status: null, body: null },
        { port: 8080, path: '/health?a=b', status: '2xx', body: { source: 'ok|up', flags: 'i' } },
        { port: 80, path: '/x', status: '200', body: { source: 'all is up', flags: '' } },
      ],
      logs: [
        { source: 'ready (in|after) \\d+', flags: '' },
        { source: '^UP$', flags: 'i' },
      ],
      env: ['A=b c=d', 'TOKEN'],
      options: ['--memory', '1g', '--tmpfs', '/a b'],
      platform: 'linux/arm/v7',
      timeout: 60,
    });
    expect(readWishes(read({ 'smoke-command': '["a b", ""]' }).inputs).wishes.command).toEqual(['a b', '']);
    expect(readWishes(read({}).inputs).wishes).toMatchObject({ command: null, exitCode: null, ports: [] });
  });

  test.each([
    ['smoke-command', 'a "b', 'has a quote that is not closed, or ends with a backslash.'],
    ['smoke-command', 'a && b', "has a &&, which is for a shell, and none reads it: write sh -c '…', or quote it."],
    ['smoke-command', '["a", 1]', /^begins with \[ and is no JSON array of texts/],
    ['smoke-exit-code', '256', 'is no exit code: 0 to 255.'],
    ['smoke-exit-code', 'no', 'is no exit code: 0 to 255.'],
    ['smoke-port', '65536', 'is no TCP port: 1 to 65535.'],
    ['smoke-port', '80/udp', 'is no TCP port: 1 to 65535.'],
    ['smoke-http', 'health', 'is not of the form [PORT]/PATH [STATUS] [TEXT or /EXPRESSION/].'],
    ['smoke-http', '0/', 'begins with "0", which is no TCP port: 1 to 65535.'],
    ['smoke-http', '/ 200 /(/', /^is no regular expression of JavaScript: /],
    ['smoke-log', '(', /^is no regular expression of JavaScript: /],
    ['smoke-options', '--rm', /^cannot be used: the container is removed anyway/],
    ['smoke-options', '-dit', /^cannot be used: the test follows/],
    ['smoke-options', '--name=x', /^cannot be used: the container has a name/],
    ['smoke-options', 'busybox', /^is no option of docker run/],
    ['smoke-platform', 'arm64', 'is no platform, such as linux/arm64.'],
    ['smoke-timeout', '0', 'leaves no time: give a number of seconds above 0.'],
  ] as const)('%s: %s', (name, text, why) => {
    const found = messages({ [name]: text });
    expect(found).toHaveLength(1);
    const [shown] = found[0]?.match(/^[a-z-]+: ".*?" (?=[a-z])/) ?? [];
    expect(shown?.startsWith(`${name}: "`)).toBe(true);
    expect(found[0]?.slice(shown?.length)).toMatch(why);
  });

  test('a value that may be a secret is not repeated', () => {
    expect(messages({ 'smoke-env': '=hunter2' })).toEqual([
      'smoke-env: "=…" is not NAME=VALUE, or NAME alone for a variable of the job.',
    ]);
  });
});

test('a push needs a name', () => {
  expect(messages({ push: 'true' })).toEqual(['push: there is nothing to push the image as; name it with tags.']);
  expect(messages({ push: 'true', tags: 'a' })).toEqual([]);
});

test('pairs must be pairs, and a wrong secret is not repeated', () => {
  expect(messages({ 'secret-files': 'a', secrets: 'hunter2', 'build-contexts': '=x' })).toEqual([
    'build-contexts: "=x" is not of the form NAME=VALUE.',
    'secrets: an item is not of the form NAME=VALUE.',
    'secret-files: "a" is not of the form NAME=VALUE.',
  ]);
});
