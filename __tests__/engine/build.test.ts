// The main job on a real engine of each image store: what runs, what is reused, what fails.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/report/report.ts';
import { build, command, directory, docker, engine, read, STORES } from '../support/engine.ts';

const STAGES = `FROM busybox AS build
WORKDIR /src
COPY package.txt .
RUN sleep 1 && cp package.txt installed
COPY . .
RUN cat app.txt > out

FROM busybox AS other
RUN sleep 1 && echo other > /other

FROM busybox
COPY --from=build /src/out /out
COPY --from=other /other /other
CMD ["cat", "/out"]
`;

/** A step in short: what a person reads in the table. */
const short = (report: Report) =>
  report.build.steps.map(
    ({ stage, index, total, line, instruction, status }) =>
      `${stage} ${index}/${total} :${line} ${instruction} ${status}`,
  );

describe.each(STORES)('%s image store', (store) => {
  let env: Record<string, string>;
  beforeAll(() => {
    env = engine(store);
  });
  // Every run has files of its own, so that nothing is in the engine's cache from a run before.
  const files = () => ({
    Dockerfile: STAGES,
    'package.txt': `${Math.random()}`,
    'app.txt': 'one\n',
    '.dockerignore': 'Dockerfile',
  });
  const tag = `cached-docker-build-test:${store}`;

  test('first build, second build, one changed file', async () => {
    const context = directory(files());
    const first = await build([context, '-t', tag, '--no-cache'], env);
    expect(first.code).toBe(0);
    expect(short(first.report)).toEqual([
      'build 1/6 :1 FROM hit',
      // BuildKit reuses it even with --no-cache: it marks only ADD, COPY and RUN.
      expect.stringMatching(/^build 2\/6 :2 WORKDIR (hit|miss)$/),
      'build 3/6 :3 COPY miss',
      'build 4/6 :4 RUN miss',
      'build 5/6 :5 COPY miss',
      'build 6/6 :6 RUN miss',
      'other 1/2 :8 FROM hit',
      'other 2/2 :9 RUN miss',
      'stage-2 1/3 :11 FROM hit',
      'stage-2 2/3 :12 COPY miss',
      'stage-2 3/3 :13 COPY miss',
    ]);
    // Both stages sleep for a second, side by side: each has its own time, and the build is not their sum.
    const sleeps = first.report.build.steps.filter(({ text }) => text.includes('sleep 1'));
    expect(sleeps.map(({ seconds }) => seconds >= 1)).toEqual([true, true]);
    expect(first.report.build).toMatchObject({
      outcome: 'built',
      engine: { imageStore: store, builder: 'buildkit', driver: 'docker', version: expect.stringMatching(/^\d+\./) },
      imageId: await docker(['image', 'inspect', '--format', '{{.Id}}', tag], env),
      failure: null,
    });
    expect(first.report.smoke).toMatchObject({ outcome: 'passed', check: 'exit', exitCode: 0 });

    const second = await build([context, '-t', tag], env);
    expect(second.report.build.steps.map(({ status, source }) => `${status} ${source}`)).toEqual(
      Array(11).fill('hit local'),
    );

    // Of its own: COPY --from goes by content, and another test's files may be in this engine's cache.
    const two = `two ${Math.random()}`;
    writeFileSync(join(context, 'app.txt'), `${two}\n`);
    const third = await build([context, '-t', tag], env);
    expect(short(third.report).filter((step) => step.endsWith('miss'))).toEqual([
      'build 5/6 :5 COPY miss',
      'build 6/6 :6 RUN miss',
      'stage-2 2/3 :12 COPY miss',
      'stage-2 3/3 :13 COPY miss',
    ]);
    expect(await docker(['run', '--rm', tag], env)).toBe(two);
  });

  test('what each step added to the image', async () => {
    const files = {
      Dockerfile: `FROM busybox AS base
RUN head -c 3000000 /dev/urandom > 3
ENV A="b c"
FROM busybox AS other
RUN head -c 2000000 /dev/urandom > 2
FROM base
LABEL a=b \\
      c=d
COPY --from=other 2 /
RUN <<END
  head -c 1000000 /dev/urandom > 1
END
HEALTHCHECK NONE
CMD ["true"]
`,
    };
    const context = directory(files);
    const sizes = async (...args: string[]) => {
      const { report } = await build([context, '-t', tag, '--smoke-test', 'off', ...args], env);
      // Megabytes: a directory counts or not, as the store has it.
      const megabytes = (bytes: number | null) => bytes && Math.round(bytes / 1e6);
      return report.build.steps.map(({ line, layerBytes }) => [line, megabytes(layerBytes)]);
    };
    const all = [
      ...[
        [1, null],
        [2, 3],
      ],
      ...[
        [4, null],
        [5, null],
      ],
      ...[
        [9, 2],
        [10, 1],
      ],
    ];
    expect(await sizes()).toEqual(all);
    // Reused, they are what they were.
    expect(await sizes()).toEqual(all);
    expect(await sizes('--target', 'other')).toEqual([
      [4, null],
      [5, 2],
    ]);
  });

  test('a build that fails says what ran, what failed and what did not run', async () => {
    const context = directory({
      ...files(),
      Dockerfile: STAGES.replace('RUN cat app.txt > out', 'RUN echo looking for it >&2 && cat missing.txt > out'),
    });
    const { code, report, stderr } = await build([context, '-t', tag], env);
    expect(code).toBe(1);
    expect(short(report).filter((step) => !step.startsWith('other'))).toEqual([
      'build 1/6 :1 FROM hit',
      expect.stringMatching(/^build 2\/6 :2 WORKDIR (hit|miss)$/),
      'build 3/6 :3 COPY miss',
      'build 4/6 :4 RUN miss',
      'build 5/6 :5 COPY miss',
      'build 6/6 :6 RUN failed',
      'stage-2 1/3 :11 FROM hit',
      'stage-2 2/3 :12 COPY not-run',
      'stage-2 3/3 :13 COPY not-run',
    ]);
    expect(report).toMatchObject({
      outcome: 'failure',
      smoke: { outcome: 'skipped' },
      build: { outcome: 'failed', imageId: null },
    });
    expect(report.build.failure).toEqual({
      step: 'build/6',
      message: 'RUN ended with exit code 1',
      log: ['looking for it', expect.stringContaining("can't open 'missing.txt'")],
    });
    expect(stderr).toContain('[build 6/6] │ looking for it');
  });

  test('values of build arguments and secrets do not reach the report, and secrets not the log', async () => {
    const context = directory({
      Dockerfile: `FROM busybox
ARG TOKEN
RUN --mount=type=secret,id=password echo $TOKEN && cat /run/secrets/password && echo ${Math.random()} && exit 7
`,
    });
    const args = ['--build-arg', 'TOKEN=t0ken-value', '--secrets', 'password=p4ssword-value'];
    const report = join(context, 'report.json');
    const { report: printed, stderr } = await build([context, ...args, '--report', report], env);
    expect(printed.build.failure).toMatchObject({ message: 'RUN ended with exit code 7' });
    expect(printed.build.failure?.log.slice(0, 1)).toEqual(['[TOKEN]']);
    for (const text of [JSON.stringify(printed), read(report)]) expect(text).not.toMatch(/t0ken-value|p4ssword-value/);
    expect(stderr).toContain('t0ken-value'); // the container printed it, as with plain docker build
    expect(stderr).not.toContain('p4ssword-value');
  });

  test('a target, an argument in FROM, a file beside the context', async () => {
    const context = directory({
      ...files(),
      'docker/app.Dockerfile': `ARG BASE=nothing\n${STAGES.replace('FROM busybox AS other', 'FROM $BASE AS other')}`,
    });
    const file = join(context, 'docker/app.Dockerfile');
    const { report } = await build(
      [context, '-f', file, '--target', 'other', '--build-arg', 'BASE=busybox', '--smoke-test', 'off', '--no-cache'],
      env,
    );
    expect(short(report)).toEqual(['other 1/2 :9 FROM hit', 'other 2/2 :10 RUN miss']);
    expect(report.build.steps[0]?.text).toBe('FROM $BASE AS other');
    expect(report.smoke).toMatchObject({ outcome: 'skipped', evidence: 'Switched off by smoke-test: off.' });
  });

  test('an image that COPY takes from as well, a stage named by a build argument', async () => {
    const Dockerfile = `ARG FINAL=small
FROM busybox AS small
COPY --from=busybox /bin/ls /x
RUN echo ${Math.random()}
FROM $FINAL
RUN true
`;
    const { report } = await build(
      [directory({ Dockerfile }), '--smoke-test', 'off', '--build-arg', 'FINAL=small'],
      env,
    );
    expect(short(report).map((step) => step.replace(/(hit|miss)$/, '').trim())).toEqual([
      'small 1/3 :2 FROM',
      'small 2/3 :3 COPY',
      'small 3/3 :4 RUN',
      'stage-1 1/1 :6 RUN',
    ]);
  });

  test('the classic builder gives the same report', async () => {
    const context = directory(files());
    const classic = { ...env, DOCKER_BUILDKIT: '0' };
    const first = await build([context, '-t', tag, '--no-cache'], classic);
    const expected = [
      'build 1/12 :1 FROM hit',
      'build 2/12 :2 WORKDIR miss',
      'build 3/12 :3 COPY miss',
      'build 4/12 :4 RUN miss',
    ];
    expect(short(first.report).slice(0, 4)).toEqual(expected);
    expect(short(first.report).slice(-2)).toEqual(['stage-2 11/12 :13 COPY miss', 'stage-2 12/12 :14 CMD miss']);
    expect(first.report.build.steps[3]?.seconds).toBeGreaterThanOrEqual(1);
    expect(first.report.build.engine.builder).toBe('classic');
    expect(first.report.build.imageId).toBe(await docker(['image', 'inspect', '--format', '{{.Id}}', tag], env));
    expect(first.report.smoke.outcome).toBe('passed');
    const second = await build([context, '-t', tag], classic);
    expect(second.report.build.steps.map(({ status }) => status)).toEqual(Array(12).fill('hit'));
    writeFileSync(join(context, 'Dockerfile'), STAGES.replace('cat app.txt > out', 'echo hello; exit 9'));
    const failed = await build([context, '-t', tag], classic);
    expect(short(failed.report).slice(4, 7)).toEqual([
      'build 5/12 :5 COPY hit',
      'build 6/12 :6 RUN failed',
      'other 7/12 :8 FROM not-run',
    ]);
    expect(failed.report.build.failure).toMatchObject({
      step: 'build/6',
      message: 'RUN ended with exit code 9',
      log: ['hello'],
    });
  });

  test('docker without buildx builds with the classic builder', async () => {
    const context = directory(files());
    const { report } = await build([context, '-t', tag, '--smoke-test', 'off'], {
      ...env,
      DOCKER_CONFIG: directory({}),
    });
    expect(report.build.engine.builder).toBe('classic');
    expect(report.build.outcome).toBe('built');
  });

  test('a step that prints the classic builder’s own words does not deceive it', async () => {
    const lines = [' ---> Using cache', 'Step 9/9 : RUN x', 'Successfully built 0123456789ab', 'Step 3/3 : CMD forged'];
    const context = directory({
      Dockerfile: `FROM busybox\nRUN ${lines.map((line) => `echo "${line}"`).join(' && ')} && echo ${Math.random()}\nLABEL a=b\n`,
    });
    const { report } = await build([context, '--smoke-test', 'off'], { ...env, DOCKER_BUILDKIT: '0' });
    expect(report.build.imageId).not.toContain('0123456789ab');
    expect(report.build.steps[1]).toMatchObject({ instruction: 'RUN', status: 'miss' });
  });

  test('a Dockerfile that the builder rejects: one clear sentence with its line', async () => {
    const context = directory({ Dockerfile: 'FROM busybox // our base image\nCMD ["true"]\n' });
    const { code, stdout, stderr } = await command(['build', context, '-t', tag], env);
    expect(code).toBe(1);
    expect(stdout).toContain(`${join(context, 'Dockerfile')}:1: error`);
    expect(stdout).toMatch(/`\/\/` starts no comment in a Dockerfile; put a line starting with `#` above/);
    expect(stdout + stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  });
});
