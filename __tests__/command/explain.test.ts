// The explain command, as users start it: the files it takes, its formats, its exit codes. No engine is needed.

import { describe, expect, test } from '@jest/globals';
import { command, directory } from '../support/engine.ts';
import { explainedReport, report, step } from '../support/report.ts';

const json = (value: unknown) => JSON.stringify(value);
const explain = (args: string[], files: Record<string, string>) => command(['explain', ...args], {}, directory(files));

/** What is wrong with a report that is changed this way. */
async function problem(change: (report: ReturnType<typeof explainedReport>) => void): Promise<string> {
  const broken = explainedReport();
  change(broken);
  const ran = await explain(['old.json', 'old.json'], { 'old.json': json(broken) });
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  return ran.stderr.split('\n')[0] ?? '';
}

describe('two reports', () => {
  const files = { 'old.json': json(report()), 'new.json': json(explainedReport()) };

  test('side by side', async () => {
    const ran = await explain(['old.json', 'new.json'], files);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(
      /^ {2}old {2}Dockerfile · Built in 13\.6 s · 1 of 3 steps from the cache\n {2}new {2}Dockerfile · Built in 13\.6 s · 3 of 6 /,
    );
    expect(ran.stdout).toMatch(/^ {2}5\/6 {6}5 {2}RUN npm ci +miss 12\.3 s +miss 34\.7 s/m);
  });

  test('as JSON, the new report', async () => {
    const ran = await explain(['--format', 'json', 'old.json', 'new.json'], files);
    expect(ran.code).toBe(0);
    const { build } = JSON.parse(ran.stdout);
    expect(build.steps.map(({ id }: { id: string }) => id)).toEqual(explainedReport().build.steps.map(({ id }) => id));
  });

  test('builds that failed are compared as well', async () => {
    const failed = {
      ...report(),
      build: { ...report().build, outcome: 'failed', steps: [step({ status: 'failed' })] },
    };
    expect(await explain(['old.json', 'new.json'], { ...files, 'new.json': json(failed) })).toMatchObject({ code: 0 });
  });
});

describe('what is no report', () => {
  test('both are told at once, with wrong flags', async () => {
    const ran = await explain(['a\nb', 'sub', '--format', 'sarif'], { 'sub/x': '' });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toBe(
      [
        '✗ --format: "sarif" is not one of text, json, github.',
        '✗ a\\nb does not exist.',
        '✗ sub is a directory, not a file.\n',
      ].join('\n'),
    );
  });

  test.each([
    ['', 'is not JSON'],
    ['{', 'is not JSON'],
    ['['.repeat(200_000), 'is not JSON'],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'is not JSON|is no report'],
    ['null', 'is no report of cached-docker-build; --report FILE writes one'],
    ['[1]', 'is no report of cached-docker-build; --report FILE writes one'],
    ['{"schemaVersion":2}', 'has schemaVersion 2; this version of cached-docker-build reads 1'],
    ['{"schemaVersion":"\\u001b[31m1\\n"}', 'has schemaVersion "1\\n"; this version of cached-docker-build reads 1'],
    ['{"schemaVersion":1,"files":[],"lint":{}}', 'is a report without a build, as lint makes them'],
    ['{"schemaVersion":1,"build":{}}', 'is no report of cached-docker-build: .dockerfile is missing or wrong'],
  ])('%j', async (content, sentence) => {
    const ran = await explain(['x.json', 'x.json'], { 'x.json': content });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(sentence.includes('|') ? new RegExp(sentence) : `✗ x.json ${sentence}.\n`);
  });

  test.each<[string, (report: ReturnType<typeof explainedReport>) => void]>([
    ['.build.steps[2].status', ({ build }) => Object.assign(build.steps[2] as object, { status: 'toString' })],
    ['.build.steps[0].seconds', ({ build }) => Object.assign(build.steps[0] as object, { seconds: -1 })],
    ['.build.steps[3].cause.kind', ({ build }) => Object.assign(build.steps[3]?.cause as object, { kind: 'x' })],
    ['.build.steps[3].cause.evidence[1]', ({ build }) => build.steps[3]?.cause?.evidence.splice(1, 1, 5 as never)],
    ['.build.compared.time', ({ build }) => Object.assign(build.compared as object, { time: 1e30 })],
    ['.record', (whole) => Object.assign(whole, { record: 5 })],
  ])('%s is wrong', async (path, change) => {
    expect(await problem(change)).toBe(`✗ old.json is no report of cached-docker-build: ${path} is missing or wrong.`);
  });
});

test('control characters in a report do not reach the terminal', async () => {
  const hostile = explainedReport();
  for (const one of hostile.build.steps) one.text = 'RUN \u001b[31m\u0007red';
  const ran = await explain(['a.json', 'a.json'], { 'a.json': json(hostile) });
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('RUN red');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(ran.stdout).not.toMatch(/[\u0007\u001b]/);
});
