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

const run = (text: string, rules: Rule[] = [everyRun], ignore: string[] = []) =>
  lint({ ...parseDockerfile(text, 'sub/Dockerfile'), contextHas: () => null }, rules, ignore);

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
      endColumn: 4,
      message: 'A RUN.',
      remedy: 'None.',
      related: [{ file: 'sub/Dockerfile', line: 1, endLine: 1, column: 1, endColumn: 7, message: 'it begins here' }],
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

test('what several stages inherit is told once', () => {
  const { findings } = run('FROM a AS b\nONBUILD RUN c\nFROM b\nFROM b', [
    {
      ...everyRun,
      check: ({ dockerfile }) =>
        dockerfile.stages.flatMap(({ triggers }) =>
          triggers.map(({ range }) => ({ range, confidence: 'low', message: 'A RUN.', remedy: '', related: [] })),
        ),
    },
  ]);
  expect(findings.map(({ line }) => line)).toEqual([2]);
});

test('a file that is judged in part says so, where the rest begins', () => {
  const judged = (instructions: number, ignore: string[] = []) => {
    const { findings, ignored } = run(`FROM a\n${'ENV b=c\n'.repeat(instructions - 1)}`, [everyRun], ignore);
    return [findings.map(({ rule, severity, line, message }) => [rule, severity, line, message]), ignored];
  };
  expect(judged(1000)).toEqual([[], 0]);
  const message = 'The rules look at the first 1,000 instructions: what begins here is not judged.';
  expect(judged(1001)).toEqual([[['judged-in-part', 'notice', 1001, message]], 0]);
  expect(judged(1001, ['judged-in-part'])).toEqual([[], 1]);
});

describe('ignoring', () => {
  const counts = (text: string) => {
    const { findings, suppressed } = run(text);
    return [findings.filter(({ rule }) => rule === 'every-run').length, suppressed];
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
    expect([findings.map(({ rule }) => rule), suppressed]).toEqual([['ignore-comment', 'syntax'], 0]);
  });

  test('a rule is left out of the whole job, and counted', () => {
    const { findings, suppressed, ignored } = run('FROM a\nRUN b\nRUN c', [everyRun], ['every-run']);
    expect([findings, suppressed, ignored]).toEqual([[], 0, 2]);
  });
});

describe('comments that do not ignore what they say', () => {
  const problems = (text: string, rules?: Rule[], ignore?: string[]) =>
    run(text, rules, ignore)
      .findings.filter(({ rule }) => rule === 'ignore-comment')
      .map(({ line, severity, message, remedy }) => `${line} ${severity} ${message} ${remedy}`);

  test.each([
    [
      'a mistyped rule',
      '# cached-docker-build ignore=evry-run because\nRUN b',
      ['2 notice This comment ignores `evry-run`, and there is no rule of that name. Write `ignore=every-run`.'],
    ],
    [
      'no rule at all',
      '# cached-docker-build ignore=DL3008\nRUN b',
      [
        '2 notice This comment ignores `DL3008`, and there is no rule of that name. Name one of every-run, ignore-comment.',
      ],
    ],
    [
      'a rule that finds nothing',
      'ENV a=b\n# cached-docker-build ignore=every-run because\nENV b=c',
      [
        '3 notice This comment ignores `every-run`, which finds nothing in the instruction below. Remove it, so that it does not hide what comes later.',
      ],
    ],
    [
      'an empty line below it',
      '# cached-docker-build ignore=every-run because\n\nRUN b',
      [
        '2 notice This comment ignores `every-run`, but stands directly above no instruction. Put it on the line above the instruction, without an empty line between.',
      ],
    ],
    [
      'between the lines of an instruction',
      'ENV a=b \\\n  # cached-docker-build ignore=every-run because\n  c=d',
      [
        '3 notice This comment ignores `every-run`, but stands directly above no instruction. Put it on the line above the instruction, without an empty line between.',
      ],
    ],
    ['a rule that finds something', '# cached-docker-build ignore=every-run because\nRUN b', []],
  ])('%s', (_, text, expected) => {
    expect(problems(`FROM a\n${text}`)).toEqual(expected);
  });

  const comment = 'FROM a\n# cached-docker-build ignore=every-run because\nENV b=c';

  test('a rule that cannot judge here may have found something', () => {
    expect(problems(comment, [{ ...everyRun, applies: () => false }])).toEqual([]);
  });

  test('are ignored in their turn', () => {
    expect(run(comment, [everyRun], ['ignore-comment'])).toEqual({ findings: [], suppressed: 0, ignored: 1 });
  });
});
