import { describe, expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { lint, type Rule } from '../../src/lint/lint.ts';

/** A rule that complains about every RUN. */
const everyRun: Rule = {
  id: 'every-run',
  severity: 'notice',
  summary: 'There is a RUN.',
  check: ({ dockerfile }) =>
    dockerfile.instructions
      .filter(({ keyword }) => keyword === 'RUN')
      .map(({ range }) => ({
        range,
        confidence: 'low',
        message: 'A RUN.',
        remedy: 'None.',
        related: [{ range: dockerfile.instructions[0]?.range ?? range, message: 'it begins here' }],
      })),
};

const run = (text: string, rules = [everyRun]) =>
  lint({ ...parseDockerfile(text, 'sub/Dockerfile'), contextHas: () => null }, rules);

test('a finding has everything the report wants', () => {
  expect(run('FROM a\nRUN b \\\n  c').findings).toEqual([
    {
      rule: 'every-run',
      severity: 'notice',
      confidence: 'low',
      file: 'sub/Dockerfile',
      line: 2,
      endLine: 3,
      column: 1,
      message: 'A RUN.',
      remedy: 'None.',
      related: [{ file: 'sub/Dockerfile', line: 1, endLine: 1, column: 1, message: 'it begins here' }],
      seconds: null,
      fix: null,
    },
  ]);
});

test('syntax problems are errors, with their hint as remedy, among the others in the order of the file', () => {
  const { findings } = run('FROM a // b\nRUN c\nRNU d\nRUN e');
  expect(findings.map(({ line, rule, severity }) => [line, rule, severity])).toEqual([
    [1, 'syntax', 'error'],
    [2, 'every-run', 'notice'],
    [3, 'syntax', 'error'],
    [4, 'every-run', 'notice'],
  ]);
  expect(findings[0]).toMatchObject({
    confidence: 'high',
    column: 8,
    message: 'FROM requires either one or three arguments',
    remedy: '`//` starts no comment in a Dockerfile; put a line starting with `#` above.',
  });
  expect(findings[2]?.remedy).toBe('');
});

describe('ignoring', () => {
  const counts = (text: string) => {
    const { findings, suppressed } = run(text);
    return [findings.length, suppressed];
  };
  test.each([
    ['the line above', 'FROM a\n# cached-docker-build ignore=every-run because\nRUN b', [0, 1]],
    ['one of several rules', 'FROM a\n# cached-docker-build ignore=other,every-run because\nRUN b', [0, 1]],
    ['one of several comments', 'FROM a\n# cached-docker-build ignore=every-run\n# more\nRUN b', [0, 1]],
    ['another rule', 'FROM a\n# cached-docker-build ignore=other because\nRUN b', [1, 0]],
    ['a rule whose name begins so', 'FROM a\n# cached-docker-build ignore=every-run-2\nRUN b', [1, 0]],
    ['an empty line between', 'FROM a\n# cached-docker-build ignore=every-run because\n\nRUN b', [1, 0]],
    ['another instruction', 'FROM a\n# cached-docker-build ignore=every-run because\nENV b=c\nRUN d', [1, 0]],
    ['only the next instruction', 'FROM a\n# cached-docker-build ignore=every-run because\nRUN b\nRUN c', [1, 1]],
    ['inside an instruction it is none', 'FROM a\nRUN b \\\n# cached-docker-build ignore=every-run\n c', [1, 0]],
  ])('%s', (_, text, expected) => {
    expect(counts(text)).toEqual(expected);
  });

  test('not for syntax', () => {
    const { findings, suppressed } = run('FROM a\n# cached-docker-build ignore=syntax because\nCOPY b', []);
    expect([findings.length, suppressed]).toEqual([1, 0]);
  });
});
