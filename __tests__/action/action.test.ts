// The action as a runner starts it: annotations, outputs, summary, and what a runner must not be told.

import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Job } from '../support/action.ts';
import { docker, engine, node24, root, run } from '../support/engine.ts';

const env = engine('containerd');

/** Runs the action's `main` in a workspace; inputs by name. */
async function action(files: Record<string, string>, inputs: Record<string, string>) {
  const job = new Job(env, files);
  return { ...(await job.main(inputs)), job };
}

const NPM = `FROM busybox
WORKDIR /app
COPY . .
RUN npm ci || true
CMD ["sleep", "30"]
`;

describe('the action', () => {
  test('builds, annotates, and leaves outputs and a summary', async () => {
    const files = { Dockerfile: NPM, 'package.json': '{}', 'package-lock.json': `{"x": ${Math.random()}}` };
    const ran = await action(files, {
      context: '.',
      tags: 'cached-docker-build-test:action',
      'smoke-settle': '1',
      'lint-ignore': 'unpinned-base\ncache-mount-missing',
      report: 'out/report.json',
    });
    expect(ran.code).toBe(0);
    expect(ran.outputs).toEqual({
      outcome: 'success',
      imageid: await docker(['image', 'inspect', '--format', '{{.Id}}', 'cached-docker-build-test:action'], env),
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      hits: expect.stringMatching(/^[12]$/),
      misses: expect.stringMatching(/^[23]$/),
      'build-seconds': expect.stringMatching(/^\d+\.\d$/),
      'cache-outcome': 'off',
      'net-seconds': '0.0',
      'root-misses': expect.stringMatching(/^\d+$/),
      cause: expect.any(String),
      'miss-seconds': expect.stringMatching(/^\d+\.\d$/),
      'saved-seconds': expect.stringMatching(/^\d+\.\d$/),
      'smoke-outcome': 'passed',
      'push-outcome': '',
      'lint-findings': '1',
    });
    expect(ran.annotations).toEqual([
      expect.stringMatching(/^::warning title=copy-before-install,file=Dockerfile,line=3,endLine=3/),
      expect.stringMatching(/^::notice title=smoke test,file=Dockerfile,line=5,endLine=5::SIGTERM does not end it/),
    ]);
    expect(ran.summary).toMatch(
      /^### ✅ Built in .* · \d of 4 steps from the cache · smoke test passed · 1 lint finding\n/,
    );
    expect(ran.summary).toContain('**Lint: 1 finding.** Left out: 2 ignored by lint-ignore.');
    expect(ran.summary).toContain('| 3/4 | 3 | <code>COPY . .</code> | 🟠&nbsp;miss |');
    expect(ran.job.report('out/report.json')).toMatchObject({
      schemaVersion: 1,
      outcome: 'success',
      dockerfile: 'Dockerfile',
      tags: ['cached-docker-build-test:action'],
    });
  });

  test('workflow commands that a build prints are not obeyed', async () => {
    const Dockerfile = `FROM busybox\nRUN echo '::error::forged' && echo ${Math.random()}\nCMD echo '::set-output name=x::forged'; exit 1\n`;
    const ran = await action({ Dockerfile }, { 'smoke-settle': '1' });
    const lines = ran.stdout.split('\n');
    const token = /^::stop-commands::(\S+)$/;
    let stopped: string | null = null;
    for (const line of lines) {
      const stop = token.exec(line);
      if (stop) stopped = stop[1] ?? null;
      else if (stopped && line === `::${stopped}::`) stopped = null;
      else if (line.includes('::error::forged')) expect(stopped).not.toBeNull();
    }
    expect(stopped).toBeNull();
    expect(lines.filter((line) => line.endsWith('│ ::error::forged'))).toHaveLength(1);
    expect(ran.code).toBe(1);
    expect(ran.outputs).toMatchObject({ outcome: 'failure', 'smoke-outcome': 'failed' });
    expect(ran.annotations.some((line) => line.startsWith('::error title=smoke test failed,file=Dockerfile'))).toBe(
      true,
    );
  });

  test('all bad inputs are told at once, as error annotations', async () => {
    const ran = await action({}, { context: 'nowhere', tags: 'My/Image', lint: 'loud', 'smoke-settle': 'soon' });
    expect(ran.code).toBe(1);
    expect(ran.annotations).toEqual([
      expect.stringContaining('lint: "loud" is not one of warn, error, off.'),
      expect.stringContaining('smoke-settle: "soon" is not a number of seconds.'),
      expect.stringContaining('tags: "My/Image" has a capital letter; an image name is lower case: "my/image".'),
      expect.stringContaining('context: nowhere does not exist.'),
      expect.stringContaining('file: nowhere/Dockerfile does not exist.'),
    ]);
    expect(ran.outputs).toEqual({ outcome: 'failure' });
    expect(ran.summary).toContain('### ❌ Nothing was built');
    expect(ran.stdout + ran.stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  });

  test('lint: error fails the job, but the image is built all the same', async () => {
    const ran = await action(
      { Dockerfile: NPM, 'package.json': '{}' },
      {
        lint: 'error',
        'lint-ignore': 'unpinned-base,cache-mount-missing',
        'smoke-test': 'off',
        tags: 'cached-docker-build-test:lint',
      },
    );
    expect(ran.code).toBe(1);
    expect(ran.outputs).toMatchObject({
      outcome: 'failure',
      'lint-findings': '1',
      imageid: expect.stringMatching(/^sha256:/),
    });
  });

  test('post removes the container that a killed main left', async () => {
    const container = `cached-docker-build-smoke-left-${process.pid}`;
    await docker(['run', '--detach', '--name', container, 'busybox', 'sleep', '600'], env);
    const ran = await run(node24, [join(root, 'dist/post.js')], { ...env, 'STATE_smoke-container': container });
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(await docker(['ps', '--all', '--filter', `name=${container}`, '--format', '{{.Names}}'], env)).toBe('');
  });
});
