// Causes, from records of small Dockerfiles. Which steps ran is given here; that BuildKit runs exactly those is tried on a
// real engine in __tests__/engine/explain/.

import { describe, expect, test } from '@jest/globals';
import { buildkitPlaces, describe as described } from '../../src/build/steps.ts';
import type { StepTrace } from '../../src/build/trace.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { carryOver } from '../../src/explain/carry.ts';
import { type Circumstances, explain, type Reason } from '../../src/explain/explain.ts';
import { makeRecord } from '../../src/explain/observe.ts';
import type { BuildRecord, FileState } from '../../src/explain/record.ts';

interface Build {
  dockerfile: string[];
  /** Path → content; all of them are read by every COPY from the context. */
  files?: Record<string, string>;
  args?: Record<string, string>;
  /** Lines of the steps that a failed build did not come to. */
  missing?: number[];
}

function record({ dockerfile: lines, files = {}, args = {}, missing = [] }: Build): BuildRecord {
  const { dockerfile } = parseDockerfile(lines.join('\n'), 'Dockerfile', args);
  const states = Object.entries(files)
    .map(([path, content]): FileState => ({ path, mode: 0o100644, size: content.length, digest: hex(content) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return makeRecord({
    dockerfile,
    buildArgs: args,
    described: buildkitPlaces(dockerfile, '').all.map((place) => {
      const step = described(place, null);
      const status = missing.includes(step.line ?? 0) ? 'not-run' : 'hit';
      const trace: StepTrace = {
        ...UNSEEN,
        keyword: step.instruction,
        digest: step.instruction === 'FROM' ? 'sha256:1' : null,
      };
      return { place, trace, step: { ...step, status } };
    }),
    operations: new Map(),
    files: (_, { keyword, flags }) =>
      ['COPY', 'ADD'].includes(keyword) && flags.every(({ name }) => name !== 'from') ? states : [],
    contexts: ['more'],
    options: {},
    ...{ time: 1, commit: '', engine: '28' },
  });
}

const UNSEEN: Omit<StepTrace, 'keyword' | 'digest'> = {
  ...{ key: '', inputs: [], platform: null, stage: null, index: 0, total: 0 },
  ...{ cached: false, intervals: [], fetched: false, layers: new Map(), error: null, log: [] },
};

const hex = (text: string): string => Buffer.from(text.padEnd(8)).toString('hex').slice(0, 16);

const ABSENT: Reason = { kind: 'not-in-cache', detail: 'absent', evidence: [], remedy: '' };

/** Line → cause, for the steps that ran. */
function causes(
  now: BuildRecord,
  ran: number[],
  circumstances: Partial<Circumstances> & Pick<Circumstances, 'before'>,
) {
  const steps = now.steps.map(({ id, line }) => {
    const status = ran.includes(line ?? 0) ? ('miss' as const) : ('hit' as const);
    return { id, status, seconds: status === 'miss' ? 2 : 0.1 };
  });
  const found = explain(now, steps, { disabled: [], absent: ABSENT, ...circumstances });
  const lines = new Map(now.steps.map(({ id, line }) => [id, line]));
  return Object.fromEntries(
    [...found].map(([id, { root, ...cause }]) => [lines.get(id), { ...cause, root: root && lines.get(root) }]),
  );
}

const BASE = ['FROM a AS build', 'COPY . .', 'RUN one', 'RUN two', 'FROM b', 'COPY --from=build /x /x', 'RUN three'];
const FILES = { 'app.js': '1', 'README.md': '1' };

function change(at: number, line: string): string[] {
  return BASE.map((text, index) => (index === at - 1 ? line : text));
}

describe('one thing changed', () => {
  const old = record({ dockerfile: BASE, files: FILES });
  test.each<[string, Build, number[], Record<number, object>]>([
    [
      'a file',
      { dockerfile: BASE, files: { ...FILES, 'app.js': '2' } },
      [2, 3, 4, 6, 7],
      {
        2: { kind: 'files-changed', evidence: ['modified app.js'], cost: 10, consequences: 4, root: null },
        3: { kind: 'consequence', root: 2, cost: null },
        6: { kind: 'consequence', root: 2, detail: expect.stringContaining('through COPY --from') },
        7: { kind: 'consequence', root: 2 },
      },
    ],
    [
      'a file that nobody meant to copy',
      { dockerfile: BASE, files: { ...FILES, 'README.md': '2' } },
      [2],
      {
        2: {
          detail: '`README.md` was modified; it looks accidental.',
          remedy: expect.stringContaining('.dockerignore'),
        },
      },
    ],
    [
      'files came and went',
      { dockerfile: BASE, files: { 'main.js': '1', 'README.md': '1' } },
      [2],
      { 2: { detail: '2 files that it reads changed.', evidence: ['removed app.js', 'added main.js'] } },
    ],
    [
      'a word of an instruction',
      { dockerfile: change(4, 'RUN two --fast'), files: FILES },
      [4, 6],
      {
        4: { kind: 'instruction-changed', evidence: ['- RUN two', '+ RUN two --fast'] },
        6: { kind: 'consequence', root: 4 },
      },
    ],
    [
      'an instruction that is new',
      { dockerfile: BASE.toSpliced(3, 0, 'RUN more'), files: FILES },
      [4, 5],
      { 4: { kind: 'instruction-changed', detail: 'The instruction is new.', root: null }, 5: { root: 4 } },
    ],
    [
      'an instruction that is gone',
      { dockerfile: BASE.toSpliced(2, 1), files: FILES },
      [3],
      { 3: { kind: 'instruction-changed', evidence: ['- RUN one'], detail: expect.stringContaining('is gone') } },
    ],
    [
      'two instructions that changed places',
      { dockerfile: [...BASE.slice(0, 2), 'RUN two', 'RUN one', ...BASE.slice(4)], files: FILES },
      [3, 4],
      { 3: { kind: 'instruction-changed', root: null }, 4: { kind: 'consequence', root: 3 } },
    ],
    [
      'the name of a stage, and a file',
      {
        dockerfile: ['FROM a AS other', ...change(6, 'COPY --from=other /x /x').slice(1)],
        files: { ...FILES, 'app.js': '2' },
      },
      [2, 3, 4, 6],
      { 2: { kind: 'files-changed' }, 6: { kind: 'consequence', detail: expect.not.stringContaining('itself') } },
    ],
    [
      'what a step was found with elsewhere: it was reused, what stands on it was not',
      { dockerfile: BASE, files: { ...FILES, 'app.js': '2' } },
      [3],
      {
        3: {
          kind: 'files-changed',
          detail: expect.stringContaining('nothing is kept of what stands on it'),
          root: null,
        },
      },
    ],
    ['nothing', { dockerfile: BASE, files: FILES }, [4], { 4: { ...ABSENT, root: null } }],
    [
      'a stage, and what copies from it: only the second is sure to have made the copy miss',
      { dockerfile: [...change(4, 'RUN 2').slice(0, 5), 'COPY --from=build /x /y', 'RUN three'], files: FILES },
      [4, 6, 7],
      {
        4: { kind: 'instruction-changed', consequences: 0 },
        6: {
          kind: 'instruction-changed',
          evidence: ['- COPY --from=build /x /x', '+ COPY --from=build /x /y'],
          root: null,
        },
        7: { kind: 'consequence', root: 6 },
      },
    ],
    [
      'a stage that was not built before',
      {
        dockerfile: [...BASE.slice(0, 4), 'FROM c AS more', 'RUN new', ...BASE.slice(4), 'COPY --from=more /y /y'],
        files: FILES,
      },
      [6],
      { 6: { kind: 'first-build', root: null } },
    ],
  ])('%s', (_, now, ran, expected) => {
    expect(causes(record(now), ran, { before: old })).toMatchObject(expected);
  });

  test('files of a further context: nobody looked at them, so nothing is said of them', () => {
    const build = { dockerfile: ['FROM a', 'COPY --from=more /x /x', 'RUN one'] };
    expect(causes(record(build), [2, 3], { before: record(build) })).toMatchObject({
      2: { kind: 'unknown', detail: expect.stringContaining('the files that it reads are not recorded') },
      3: { kind: 'consequence', root: 2 },
    });
    expect(causes(record(build), [3], { before: record(build) })).toMatchObject({ 3: { kind: 'unknown' } });
  });

  test.each<[string, string[], string[], Record<string, string>, object]>([
    [
      'an ARG that nobody mentions',
      ['ARG SHA', 'RUN one'],
      ['ARG SHA', 'RUN one'],
      { SHA: 'def' },
      { kind: 'variable-changed', detail: '`SHA` (line 2) changed; the step does not mention it.' },
    ],
    [
      'an ARG that is used',
      ['ARG SHA', 'RUN echo $SHA'],
      ['ARG SHA', 'RUN echo $SHA'],
      { SHA: 'def' },
      { kind: 'variable-changed', detail: '`SHA` (line 2) changed.', remedy: '' },
    ],
    [
      'an ENV',
      ['ENV A=1', 'RUN one'],
      ['ENV A=2', 'RUN one'],
      { SHA: 'abc' },
      { kind: 'variable-changed', evidence: ['changed A, line 2'] },
    ],
    [
      'an ENV that is gone',
      ['ENV A=1', 'RUN one'],
      ['LABEL x=y', 'RUN one'],
      { SHA: 'abc' },
      { kind: 'variable-changed', evidence: ['removed A, line 2'] },
    ],
    [
      'the USER',
      ['USER a', 'RUN one'],
      ['USER b', 'RUN one'],
      {},
      { kind: 'instruction-changed', evidence: ['- USER a', '+ USER b'] },
    ],
    [
      'a variable in the path of a COPY',
      ['ARG SHA', 'COPY $SHA /'],
      ['ARG SHA', 'COPY $SHA /'],
      { SHA: 'def' },
      { kind: 'variable-changed' },
    ],
    [
      'a line of a heredoc',
      ['ARG X', 'RUN <<E\na\nb\nE'],
      ['ARG X', 'RUN <<E\na\nc\nE'],
      {},
      { kind: 'instruction-changed', evidence: ['- b', '+ c'] },
    ],
  ])('%s', (_, before, after, args, expected) => {
    const old = record({ dockerfile: ['FROM a', ...before], args: { SHA: 'abc' } });
    const now = record({ dockerfile: ['FROM a', ...after], args });
    expect(causes(now, [3], { before: old })[3]).toMatchObject(expected);
  });
});

test('what changed itself below a step that ran is told, but not as the cause', () => {
  const old = record({ dockerfile: BASE, files: FILES });
  const now = record({ dockerfile: change(3, 'RUN uno'), files: { ...FILES, 'app.js': '2' } });
  expect(causes(now, [2, 3, 4], { before: old })[3]).toMatchObject({
    kind: 'consequence',
    root: 2,
    detail: 'It follows from `COPY . .` (line 2). It changed itself as well: The instruction was edited.',
    evidence: ['- RUN one', '+ RUN uno'],
  });
});

test('a failed build: what it did not come to is compared with when it last ran', () => {
  const old = record({ dockerfile: BASE, files: FILES });
  const failed = carryOver(record({ dockerfile: change(3, 'RUN false'), files: FILES, missing: [3, 4, 5, 6, 7] }), old);
  const now = record({ dockerfile: change(3, 'RUN true'), files: FILES });
  expect(causes(now, [3, 4], { before: failed })).toMatchObject({
    3: { kind: 'instruction-changed', evidence: ['- RUN one', '+ RUN true'] },
    4: { kind: 'consequence', root: 3 },
  });
  const first = record({ dockerfile: BASE, files: FILES, missing: [3, 4] });
  expect(causes(old, [3], { before: first })[3]).toMatchObject({
    kind: 'not-in-cache',
    detail: 'The last build failed here or above, so it left no result of this step.',
  });
});

describe('no comparison', () => {
  const now = record({ dockerfile: BASE, files: FILES });
  const first: Reason = { kind: 'first-build', detail: 'first', evidence: [], remedy: '' };

  test('the first build: each step for itself', () => {
    expect(causes(now, [2, 3], { before: first })).toMatchObject({ 2: first, 3: { ...first, root: null } });
  });

  test('an unreadable record: what missed first is known all the same', () => {
    const unknown: Reason = { ...first, kind: 'unknown' };
    expect(causes(now, [2, 3], { before: unknown })).toMatchObject({ 2: unknown, 3: { kind: 'consequence', root: 2 } });
  });

  test('the cache is switched off, for all or for a stage', () => {
    const disabled = { kind: 'cache-disabled', root: null };
    expect(causes(now, [2, 3], { before: now, disabled: true })).toMatchObject({ 2: disabled, 3: disabled });
    expect(causes(now, [3, 4, 6], { before: now, disabled: ['BUILD'] })).toMatchObject({
      3: disabled,
      4: disabled,
      6: { kind: 'consequence', root: 4 },
    });
  });
});

test('no value of a build argument is in a record, also where the builder put it into a name', () => {
  const dockerfile = ['ARG TAG', 'FROM reg/$TAG', 'ARG TAG', 'WORKDIR /$TAG', 'COPY $TAG /', 'RUN echo $TAG'];
  const text = JSON.stringify(record({ dockerfile, args: { TAG: 'topsecret' } }));
  expect(text).toContain('"name":"TAG"');
  expect(text).not.toContain('topsecret');
});
