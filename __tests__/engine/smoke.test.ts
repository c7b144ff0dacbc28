// The smoke test on a real engine: how an image can end, and that nothing of it is left.

import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { smokeTest } from '../../src/smoke/smoke.ts';
import { build, directory, docker, engine, STORES, start } from '../support/engine.ts';

const containers = (env: Record<string, string>) =>
  docker(['ps', '--all', '--filter', 'name=cached-docker-build-smoke', '--format', '{{.Names}}'], env);

describe.each(STORES)('%s image store', (store) => {
  const env = engine(store);
  test.each([
    [
      'a command that ends well',
      'CMD ["true"]',
      { outcome: 'passed', check: 'exit', exitCode: 0 },
      /^true ended with exit code 0 after /,
    ],
    [
      'a command that fails',
      'CMD ["sh", "-c", "echo out; echo err >&2; exit 3"]',
      { outcome: 'failed', check: 'exit', exitCode: 3, log: ['out', 'err'] },
      /ended with exit code 3 after .* s; 0 was expected$/,
    ],
    [
      'a program that keeps running',
      'CMD ["sleep", "60"]',
      { outcome: 'passed', check: 'running', exitCode: null },
      /^sleep 60 is still running after 1 s$/,
    ],
    [
      'an entrypoint with arguments',
      'ENTRYPOINT ["sh", "-c"]\nCMD ["exit 0"]',
      { outcome: 'passed', check: 'exit' },
      /^sh -c exit 0 ended/,
    ],
    [
      'a command that is not there',
      'CMD ["redis-server"]',
      { outcome: 'failed', check: 'exit' },
      /redis-server.*(not found|no such file)/,
    ],
    [
      'a shell command that is not there',
      'CMD redis-server',
      { outcome: 'failed', exitCode: 127 },
      /exit code 127 \(command not found\)/,
    ],
    [
      'a program that is killed',
      'CMD ["sh", "-c", "exit 137"]',
      { outcome: 'failed', exitCode: 137 },
      /ended by signal 9/,
    ],
  ])('%s', async (_, cmd, expected, evidence) => {
    const context = directory({ Dockerfile: `FROM busybox\n${cmd}\n` });
    const { report, code } = await build([context, '--smoke-settle', '1'], env);
    expect(report.smoke).toMatchObject(expected);
    expect(report.smoke.evidence).toMatch(evidence);
    expect(code).toBe(expected.outcome === 'passed' ? 0 : 1);
    expect(await containers(env)).toBe('');
  });

  test('an image without a command is not judged', async () => {
    const context = directory({ Dockerfile: 'FROM scratch\nCOPY . /\n', file: 'x' });
    const { report, code } = await build([context], env);
    expect(report.smoke).toMatchObject({
      outcome: 'skipped',
      evidence: 'The image has no CMD: there is nothing to run.',
    });
    expect(code).toBe(0);
  });

  test('an image that is not in the engine is not judged', async () => {
    const before = { ...process.env };
    Object.assign(process.env, env);
    const image = `sha256:${'0'.repeat(64)}`;
    const container = 'cached-docker-build-smoke-none';
    const result = await smokeTest({ image, container, settle: 1, platform: '' }, new AbortController().signal);
    process.env = before;
    expect(result).toMatchObject({
      outcome: 'skipped',
      evidence: 'The image is not in the engine, so it was not run.',
    });
  });

  test('a job that is cancelled leaves no container', async () => {
    const context = directory({ Dockerfile: 'FROM busybox\nCMD ["sleep", "600"]\n' });
    const job = start(['build', context, '--smoke-settle', '60'], env);
    job.stdout.resume();
    job.stderr.resume();
    // Wait for what we want to interrupt, not for time to pass.
    while ((await containers(env)) === '') if (job.exitCode !== null) throw new Error('the job ended too early');
    job.kill('SIGINT');
    const [code] = await once(job, 'exit');
    expect(code).toBe(130);
    expect(await containers(env)).toBe('');
  });

  test('a job that is cancelled stops the build', async () => {
    const context = directory({ Dockerfile: `FROM busybox\nRUN echo begun ${Math.random()} && sleep 300\n` });
    const job = start(['build', context], env);
    job.stdout.resume();
    await new Promise<void>((resolve, reject) => {
      job.stderr.on('data', (chunk) => String(chunk).includes('│ begun') && resolve());
      job.once('exit', () => reject(new Error('the job ended too early')));
    });
    const before = Date.now();
    job.kill('SIGTERM');
    const [code] = await once(job, 'exit');
    expect(code).toBe(143);
    expect(Date.now() - before).toBeLessThan(60_000); // it did not sit out the step
  });
});
