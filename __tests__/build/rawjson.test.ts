// Streams of real builds (docker 28.5.2, buildx 0.29.1), recorded with
//   BUILDX_METADATA_PROVENANCE=max docker build --progress=rawjson --metadata-file … --build-arg TOKEN=s3cr3t-value .
// in testdata: for each image store a first build, a second one, and one that fails.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readMetadata } from '../../src/build/metadata.ts';
import { RawJson } from '../../src/build/rawjson.ts';
import { buildkitPlaces, describeSteps } from '../../src/build/steps.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { read } from '../support/engine.ts';

const testdata = fileURLToPath(new URL('testdata', import.meta.url));

function recorded(name: string, edit = (line: string) => line) {
  const reader = new RawJson();
  const events = read(testdata, `${name}.jsonl`)
    .trimEnd()
    .split('\n')
    .flatMap((line) => reader.err(edit(line)));
  events.push(...reader.close());
  return { trace: reader.trace(), events };
}

function steps(name: string, dockerfile = 'Dockerfile', edit?: (line: string) => string) {
  const failed = name.endsWith('fail');
  const { trace } = recorded(name, edit);
  const model = parseDockerfile(read(testdata, dockerfile), 'Dockerfile').dockerfile;
  const { lines } = readMetadata(failed ? '' : read(testdata, `${name}.metadata.json`));
  return describeSteps(trace.steps, buildkitPlaces(model, ''), lines, failed).map(({ step }) => step);
}

const short = (name: string, dockerfile?: string, edit?: (line: string) => string) =>
  steps(name, dockerfile, edit).map(({ id, line, status, text }) => `${id} :${line} ${status} ${text}`);

describe.each(['containerd', 'overlay2'])('%s image store', (store) => {
  test('a first build: what ran, in the order and the words of the Dockerfile', () => {
    expect(short(`${store}-1`)).toEqual([
      // One vertex for three times FROM the same image.
      'build/1 :3 hit FROM ${BASE} AS build',
      'build/2 :4 miss WORKDIR /src',
      'build/3 :6 miss COPY a.txt .',
      'build/4 :7 miss RUN echo $TOKEN && sleep 1 && cat a.txt > out',
      'build/5 :8 miss RUN sleep 2',
      'other/1 :10 hit FROM ${BASE} AS other',
      "other/2 :11 miss RUN sleep 1.5; echo héllo; printf 'no newline'",
      'stage-2/1 :13 hit FROM ${BASE}',
      'stage-2/2 :14 miss COPY --from=build /src/out /out',
      'stage-2/3 :15 miss COPY --from=other /bin/ls /ls',
    ]);
  });

  test('seconds of each step, the shared FROM counted once', () => {
    const found = steps(`${store}-1`);
    const of = (id: string) => found.find((step) => step.id === id)?.seconds ?? Number.NaN;
    expect(of('build/4')).toBeGreaterThanOrEqual(1);
    expect(of('build/5')).toBeGreaterThanOrEqual(2);
    expect(of('other/2')).toBeGreaterThanOrEqual(1.5);
    expect(['build/1', 'other/1', 'stage-2/1'].filter((id) => of(id) > 0)).toEqual(['other/1']);
  });

  test('a second build: all hits', () => {
    expect(steps(`${store}-2`).map(({ status, source }) => `${status} ${source}`)).toEqual(Array(10).fill('hit local'));
  });

  test('a failed build, which has no provenance: lines from the numbers, and from the builder’s own graph', () => {
    expect(short(`${store}-fail`, 'Dockerfile.fail')).toEqual([
      'build/1 :3 hit FROM ${BASE} AS build',
      'build/2 :4 hit WORKDIR /src',
      'build/3 :6 hit COPY a.txt .',
      'build/4 :7 hit RUN echo $TOKEN && sleep 1 && cat a.txt > out',
      'build/5 :8 failed RUN sleep 1 && echo bad && exit 3',
      'other/1 :10 hit FROM ${BASE} AS other',
      "other/2 :11 not-run RUN sleep 1.5; echo héllo; printf 'no newline'",
      'stage-2/1 :13 hit FROM ${BASE}',
      'stage-2/2 :14 not-run COPY --from=build /src/out /out',
      'stage-2/3 :15 not-run COPY --from=other /bin/ls /ls',
    ]);
    const { trace } = recorded(`${store}-fail`);
    expect(trace.steps.find(({ error }) => error)).toMatchObject({
      log: ['bad'],
      error: expect.stringMatching(/exit code: 3$/),
    });
    expect(trace.messages.at(-1)).toMatch(/^ERROR: failed to build/);
  });

  test('a step that another build runs at the same time, under the name that it has there', () => {
    for (const [name, dockerfile] of [
      ['1', 'Dockerfile'],
      ['fail', 'Dockerfile.fail'],
    ]) {
      const foreign = (line: string) => line.replaceAll('[other 1/2] FROM', '[theirs 1/7] FROM');
      const ours = short(`${store}-${name}`, dockerfile);
      expect(short(`${store}-${name}`, dockerfile, foreign)).toEqual(ours);
    }
  });

  test('logs in whole lines, told once, in order', () => {
    const { events } = recorded(`${store}-1`);
    const logs = events.flatMap((event) =>
      event.kind === 'log' ? event.lines.map((line) => `${event.step.stage}: ${line}`) : [],
    );
    expect(logs.sort()).toEqual(['build: s3cr3t-value', 'other: héllo', 'other: no newline']);
    const told = events.flatMap((event) =>
      event.kind === 'ended' && event.step.keyword !== 'FROM' ? [event.step.key] : [],
    );
    expect(told).toHaveLength(new Set(told).size);
  });

  test('what the builder did besides the steps, in words of ours', () => {
    const { phases } = recorded(`${store}-1`).trace;
    expect(phases.map(({ name }) => name)).toEqual([
      'read the Dockerfile',
      'look up base images',
      'send the build context',
      'export the image',
      'write the provenance',
    ]);
    expect(phases.find(({ name }) => name === 'export the image')?.seconds).toBeGreaterThan(0);
  });

  test('no value of a variable gets from the names of vertices into the steps', () => {
    expect(read(testdata, `${store}-1.jsonl`)).toContain('s3cr3t-value'); // it is in the stream
    for (const name of ['1', '2']) expect(JSON.stringify(steps(`${store}-${name}`))).not.toContain('s3cr3t-value');
    expect(JSON.stringify(steps(`${store}-fail`, 'Dockerfile.fail'))).not.toContain('s3cr3t-value');
  });
});

describe('single events', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
  const vertex = (change: object) =>
    JSON.stringify({ vertexes: [{ digest: 'sha256:a', name: '[ 2/10] RUN x', ...change }] });
  const only = (lines: string[]) => {
    const reader = new RawJson();
    for (const line of lines) reader.err(line);
    return reader.trace().steps[0];
  };

  test('a step that starts again to fetch its layers is a hit', () => {
    const step = only([
      vertex({ started: at(0), completed: at(0), cached: true }),
      vertex({ started: at(5) }),
      JSON.stringify({ statuses: [{ id: 'sha256:layer', vertex: 'sha256:a', current: 700, total: 1000 }] }),
      JSON.stringify({ statuses: [{ id: 'sha256:layer', vertex: 'sha256:a', current: 1000, total: 1000 }] }),
      JSON.stringify({ statuses: [{ id: 'extracting sha256:layer', vertex: 'sha256:a', current: 1000 }] }),
      vertex({ started: at(5), completed: at(7) }),
    ]);
    expect(step).toMatchObject({ cached: true, fetched: true, index: 2, total: 10 });
    expect(step?.intervals).toHaveLength(2);
  });

  test('a base image that had to be pulled is a miss', () => {
    const from = (change: object) => vertex({ name: '[1/2] FROM docker.io/library/alpine@sha256:0', ...change });
    const pulled = only([
      from({ started: at(0), completed: at(1) }),
      JSON.stringify({ statuses: [{ id: 'sha256:layer', vertex: 'sha256:a', current: 5, total: 5 }] }),
      from({ started: at(1), completed: at(3) }),
    ]);
    expect(pulled).toMatchObject({ keyword: 'FROM', cached: false });
    expect(only([from({ started: at(0), completed: at(1) })])).toMatchObject({ cached: true });
  });

  test.each([
    [
      '[linux/arm64 build 2/6] COPY a b',
      { platform: 'linux/arm64', stage: 'build', index: 2, total: 6, keyword: 'COPY' },
    ],
    ['[linux/amd64->arm64 build  2/12] RUN x', { platform: 'linux/amd64->arm64', stage: 'build', index: 2, total: 12 }],
    ['[stage-1 3/4] ONBUILD RUN x', { platform: null, stage: 'stage-1', index: 3, keyword: 'RUN' }],
    ['[1/1] FROM scratch', { platform: null, stage: null, index: 1, total: 1, keyword: 'FROM' }],
  ])('the name %s', (name, expected) => {
    expect(only([vertex({ name })])).toMatchObject(expected);
  });

  test.each(['[internal] load build context', 'exporting to image', '[context base] load from client'])(
    '%s is no step',
    (name) => {
      expect(only([vertex({ name, started: at(0), completed: at(2) })])).toBeUndefined();
    },
  );

  test('a log cut in the middle of a character and of a line, with a progress bar', () => {
    const reader = new RawJson();
    reader.err(vertex({ started: at(0) }));
    const bytes = Buffer.from('10%\r50%\r100%\nhé');
    const log = (data: Uint8Array) =>
      reader.err(JSON.stringify({ logs: [{ vertex: 'sha256:a', data: Buffer.from(data).toString('base64') }] }));
    expect([...log(bytes.subarray(0, 6)), ...log(bytes.subarray(6, bytes.length - 1))]).toMatchObject([
      { kind: 'log', lines: ['100%'] },
    ]);
    expect(log(bytes.subarray(bytes.length - 1))).toEqual([]);
    expect(reader.err(vertex({ started: at(0), completed: at(1) }))).toMatchObject([
      { kind: 'log', lines: ['hé'] },
      { kind: 'ended' },
    ]);
  });

  test.each(['', '{', '{"vertexes": 3', 'ERROR: no', '[]', 'null'])('the line %j is text', (line) => {
    const reader = new RawJson();
    reader.err(line);
    expect(reader.trace()).toMatchObject({ steps: [], messages: [line] });
  });

  test.each([
    [
      'built, so that there is a provenance',
      new Map([
        ['sha256:get', [2]],
        ['sha256:add', [2]],
      ]),
      false,
    ],
    ['failed', new Map(), true],
  ])('what an ADD fetches is a part of its step: %s', (_, lines, failed) => {
    const part = (digest: string, name: string, more: object) =>
      JSON.stringify({ vertexes: [{ digest, name, started: at(0), completed: at(1), ...more }] });
    const reader = new RawJson();
    reader.err(part('sha256:from', '[1/3] FROM a', { cached: true }));
    reader.err(part('sha256:get', '[2/3] ADD https://a.example/f /', {}));
    reader.err(
      part('sha256:add', '[2/3] ADD https://a.example/f /', { cached: true, inputs: ['sha256:from', 'sha256:get'] }),
    );
    const { dockerfile } = parseDockerfile('FROM a\nADD https://a.example/f /\nRUN b', 'Dockerfile');
    const found = describeSteps(reader.trace().steps, buildkitPlaces(dockerfile, ''), lines, failed);
    const adds = found.filter(({ step }) => step.instruction === 'ADD');
    expect(adds).toMatchObject([
      { trace: { key: 'sha256:add' }, step: { id: 'stage-0/2', line: 2, status: 'hit', seconds: 1 } },
    ]);
  });
});
