// What the rules' pages say of Docker: build, change one thing, build. Behind each change stand the lines that run again.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { build, directory, docker, engine, STORES } from '../support/engine.ts';

interface Claim {
  /** The page that makes it. */
  rule: string;
  says: string;
  dockerfile: string;
  /** A file that gets another content, or a build argument that gets another value. */
  change: { file: string } | { argument: string };
  /** Lines of the steps that run again. */
  again: number[];
}

const CLAIMS: Claim[] = [
  {
    rule: 'volatile-variable-before-run',
    says: 'an ARG re-runs every RUN below, in child stages too, and no COPY',
    dockerfile: 'FROM busybox AS base\nARG SHA\nCOPY a /a\nRUN echo base\nFROM base\nRUN echo child\n',
    change: { argument: 'SHA' },
    again: [4, 6],
  },
  {
    rule: 'volatile-variable-before-run',
    says: 'a global ARG that no stage declares breaks nothing, and below its RUNs neither does another',
    dockerfile: 'ARG SHA\nFROM busybox\nRUN echo a\nARG SHA\nENV SHA=$SHA\n',
    change: { argument: 'SHA' },
    again: [],
  },
  {
    rule: 'whole-stage-copied',
    says: 'all files of a stage differ with every run of it',
    dockerfile:
      'FROM busybox AS build\nCOPY a /a\nRUN date +%N > /log && echo 1 > /out\nFROM busybox\nCOPY --from=build / /build\nRUN echo c\n',
    change: { file: 'a' },
    again: [2, 3, 5, 6],
  },
  {
    rule: 'whole-stage-copied',
    says: 'a file that came out the same is a hit',
    dockerfile:
      'FROM busybox AS build\nCOPY a /a\nRUN date +%N > /log && echo 1 > /out\nFROM busybox\nCOPY --from=build /out /out\nRUN echo d\n',
    change: { file: 'a' },
    again: [2, 3],
  },
  {
    rule: 'bind-whole-context',
    says: 'a mount of everything is keyed by every file',
    dockerfile: 'FROM busybox\nRUN --mount=type=bind,target=/src cp /src/a /a\n',
    change: { file: 'b' },
    again: [2],
  },
  {
    rule: 'bind-whole-context',
    says: 'a mount of one file is keyed by that',
    dockerfile: 'FROM busybox\nRUN --mount=type=bind,source=a,target=/src/a cp /src/a /a\n',
    change: { file: 'b' },
    again: [],
  },
];

describe.each(STORES)('%s image store', (store) => {
  let env: Record<string, string>;
  beforeAll(() => {
    env = engine(store);
  });
  const tag = `cached-docker-build-test:rules-${store}`;

  /** Builds, changes, builds; the lines of the steps that ran in the second build. */
  async function linesAgain({ dockerfile, change }: Claim, environment: Record<string, string>): Promise<number[]> {
    // The salt keeps what other runs have left in the engine out of it.
    const Dockerfile = dockerfile.replaceAll('echo ', `: ${Math.random()} && echo `);
    const context = directory({ Dockerfile, a: `${Math.random()}`, b: 'one', '.dockerignore': 'Dockerfile' });
    const argument = (value: string) => ('argument' in change ? ['--build-arg', `${change.argument}=${value}`] : []);
    const flags = ['-t', tag, '--smoke-test', 'off', '--lint', 'off'];
    await build([context, ...flags, ...argument('1')], environment);
    if ('file' in change) writeFileSync(join(context, change.file), `${Math.random()}`);
    const { report } = await build([context, ...flags, ...argument('2')], environment);
    return report.build.steps.filter(({ status }) => status === 'miss').map(({ line }) => line ?? 0);
  }

  test.each(CLAIMS.map((claim) => [claim.rule, claim.says, claim] as const))('%s: %s', async (_, __, claim) => {
    expect(await linesAgain(claim, env)).toEqual(claim.again);
  });

  test.each([
    ['BuildKit does not care what stands in a LABEL', '1', []],
    ['for the classic builder it is a step, and what stands below runs again', '0', [2, 3]],
  ])('order-for-classic-builder: %s', async (_, buildkit, again) => {
    const run = `RUN : ${Math.random()}`;
    const labelled = () => `FROM busybox\nLABEL a=${Math.random()}\n${run}\n`;
    const context = directory({ Dockerfile: labelled() });
    const ran = async () => {
      const environment = { ...env, DOCKER_BUILDKIT: buildkit };
      const { report } = await build([context, '-t', tag, '--smoke-test', 'off', '--lint', 'off'], environment);
      return report.build.steps.filter(({ status }) => status === 'miss').map(({ line }) => line);
    };
    await ran();
    writeFileSync(join(context, 'Dockerfile'), labelled());
    expect(await ran()).toEqual(again);
  });

  test('copy-then-chown: the files are stored a second time', async () => {
    const context = directory({
      Dockerfile: 'FROM busybox\nCOPY large /app/large\nRUN chown -R 1000 /app\n',
      large: 'x'.repeat(2_000_000),
    });
    await build([context, '-t', tag, '--smoke-test', 'off'], env);
    const sizes = await docker(['history', '--human=false', '--format', '{{.Size}} {{.CreatedBy}}', tag], env);
    const [chown = '', copy = ''] = sizes.split('\n');
    expect([chown, copy].map((line) => Number.parseInt(line, 10) >= 2_000_000)).toEqual([true, true]);
  });

  test('not-a-comment: what a comment swallows does not run, and what it becomes elsewhere', async () => {
    const context = directory({
      Dockerfile:
        'FROM busybox\nRUN echo one # comment \\\n  && exit 1\nWORKDIR /app # place\nENV A b # c\nCMD ["true"] # run\n',
    });
    await build([context, '-t', tag, '--smoke-test', 'off'], env);
    const inspected = await docker(
      ['inspect', '--format', '{{.Config.WorkingDir}}|{{json .Config.Env}}|{{json .Config.Cmd}}', tag],
      env,
    );
    expect(inspected).toMatch(/^\/app # place\|.*"A=b # c".*\|\["\/bin\/sh","-c","\[\\"true\\"\] # run"\]$/);
  });
});
