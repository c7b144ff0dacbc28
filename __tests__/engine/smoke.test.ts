// The smoke test as part of a job, and as a command: what it says in a report, what it leaves, and what is pushed after it.
// What it says of each kind of image is in smoke-table.test.ts.

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startRegistry } from '../../src/cache/registry.ts';
import { inspect } from '../../src/smoke/docker.ts';
import { Ports } from '../../src/smoke/ports.ts';
import { DirectoryBlobs } from '../support/blobs.ts';
import { build, command, directory, docker, engine, read, run, STORES, start } from '../support/engine.ts';

type Environment = Record<string, string>;

const containers = (env: Environment) =>
  docker(['ps', '--all', '--filter', 'name=cached-docker-build-smoke', '--format', '{{.Names}}'], env);

/** Starts a job that runs for long, and waits until its container does. */
async function running(dockerfile: string, args: string[], env: Environment) {
  const before = (await containers(env)).split('\n');
  const job = start(['build', directory({ Dockerfile: dockerfile }), '--smoke-settle', '600', ...args], env);
  job.stdout.resume();
  job.stderr.resume();
  for (;;) {
    const [name] = (await containers(env)).split('\n').filter((one) => one !== '' && !before.includes(one));
    const state = name && (await run('docker', ['inspect', '--format', '{{.State.Running}}', name], env)).stdout.trim();
    if (name && state === 'true') return { job, name };
    if (job.exitCode !== null) throw new Error('the job ended too early');
  }
}

describe.each(STORES)('%s image store', (store) => {
  const env = engine(store);

  test('the report names the line of the program', async () => {
    const Dockerfile = 'FROM busybox AS base\nENTRYPOINT ["sh", "-c"]\nFROM base\nEXPOSE 80\nCMD ["exit 3"]\n';
    const { report, code } = await build([directory({ Dockerfile })], env);
    expect(report.smoke).toMatchObject({ outcome: 'failed', line: 2, exitCode: 3 });
    expect(code).toBe(1);
    const inherited = await build([directory({ Dockerfile: 'FROM busybox\nLABEL a=b\n' })], env);
    expect(inherited.report.smoke).toMatchObject({ outcome: 'passed', line: null });
  });

  test('an image that is not in the engine is not judged', async () => {
    const { code, stderr } = await command(['smoke', `nowhere.invalid/x:${'0'.repeat(8)}`], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/nowhere\.invalid\/x:0+ is not in the engine, and docker cannot pull it: /);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('a job that is cancelled by %s leaves no container', async (signal) => {
    const { job, name } = await running('FROM busybox\nVOLUME /data\nCMD ["sleep", "600"]\n', [], env);
    const volume = await docker(['inspect', '--format', '{{range .Mounts}}{{.Name}}{{end}}', name], env);
    job.kill(signal);
    const [code] = await once(job, 'exit');
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(await containers(env)).toBe('');
    expect((await run('docker', ['volume', 'inspect', volume], env)).code).toBe(1);
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

  test('what is asked for is told in one go where it is wrong', async () => {
    const asked = ['--smoke-port', '0', '--smoke-http', 'health', '--smoke-options', '--rm', '--push'];
    const { code, stderr } = await command(['smoke', 'busybox', ...asked], env);
    expect(code).toBe(2);
    expect(stderr.match(/^✗/gm)).toHaveLength(4);
  });

  test('an image is pushed under all its tags, and only when it works', async () => {
    const blobs = new DirectoryBlobs();
    const registry = await startRegistry(blobs, () => {});
    const name = `${registry.address}/${registry.repository}`;
    try {
      const flags = ['-t', `${name}:1`, '-t', `${name}:2`, '--push'];
      const bad = await build([directory({ Dockerfile: 'FROM busybox\nCMD ["false"]\n' }), ...flags], env);
      expect(bad.code).toBe(1);
      expect(bad.report.push).toMatchObject({
        outcome: 'skipped',
        pushed: [],
        reason: 'Nothing was pushed: the smoke test failed.',
      });
      expect(blobs.manifests.size).toBe(0);

      const Dockerfile = `FROM busybox\nRUN echo ${Math.random()} > /x\nCMD ["true"]\n`;
      const good = await build([directory({ Dockerfile }), ...flags], env);
      expect(good.code).toBe(0);
      expect(good.report.push).toMatchObject({
        outcome: 'pushed',
        pushed: ['1', '2'].map((tag) => ({ tag: `${name}:${tag}`, digest: expect.stringMatching(/^sha256:/) })),
        reason: null,
      });
      expect(good.stderr).toContain(`push ${name}:1 │ `);
      const digest = good.report.push?.pushed[0]?.digest ?? '';
      expect(blobs.manifests.has(digest)).toBe(true);
      // All that pull it know gzip.
      for (const { content } of blobs.manifests.values()) expect(content.toString()).not.toContain('zstd');

      const untested = await build(
        [directory({ Dockerfile: 'FROM busybox\nCMD ["false"]\n' }), ...flags, '--smoke-test', 'off'],
        env,
      );
      expect(untested.report).toMatchObject({ smoke: { outcome: 'skipped' }, push: { outcome: 'pushed' } });
    } finally {
      await registry.close();
      rmSync(blobs.directory, { recursive: true });
    }
    const gone = await build(
      [directory({ Dockerfile: 'FROM busybox\nCMD ["true"]\n' }), '-t', `${name}:3`, '--push'],
      env,
    );
    expect(gone.code).toBe(1);
    expect(gone.report).toMatchObject({ smoke: { outcome: 'passed' }, outcome: 'failure' });
    expect(gone.report.push).toMatchObject({ outcome: 'failed', pushed: [] });
    expect(gone.report.push?.reason).toMatch(/:3 was not pushed: .*connection refused/);
  });
});

describe('with one engine', () => {
  const env = engine('containerd');

  test('smoke runs any image, and says so in each format', async () => {
    const image = await docker(
      ['build', '--quiet', directory({ Dockerfile: 'FROM busybox\nCMD ["sh", "-c", "exit 3"]\n' })],
      env,
    );
    const text = await command(['smoke', image], env);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('smoke test  failed: sh -c exit 3 ended with exit code 3');
    const json = await command(['smoke', image, '--smoke-exit-code', '3', '--format', 'json'], env);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schemaVersion: 1,
      image,
      smoke: { outcome: 'passed', check: 'exit', exitCode: 3 },
      outcome: 'success',
    });
    const github = await command(['smoke', image, '--format', 'github'], env);
    expect(github.stdout).toMatch(/^::error title=smoke test failed::sh -c exit 3 ended/);
    expect((await command(['smoke', image, '--format', 'sarif'], env)).code).toBe(2);
  });

  test('a flood of output fills no memory', async () => {
    const Dockerfile = 'FROM busybox\nCMD head -c 60000000 /dev/zero; yes | head -c 40000000; exit 1\n';
    const image = await docker(['build', '--quiet', directory({ Dockerfile })], env);
    const child = start(['smoke', image, '--smoke-settle', '300', '--format', 'json'], env);
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.stderr.resume();
    let most = 0;
    const looking = setInterval(() => {
      try {
        const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(read('/proc', String(child.pid), 'status')) ?? [];
        most = Math.max(most, Number(kilobytes ?? 0));
      } catch {}
    }, 100);
    await once(child, 'close');
    clearInterval(looking);
    expect(JSON.parse(text).smoke).toMatchObject({ outcome: 'failed', exitCode: 1 });
    expect(text.length).toBeLessThan(60_000);
    expect(most).toBeGreaterThan(10_000);
    expect(most).toBeLessThan(300_000);
  });

  test('the container has limits, no ports on this machine, and nothing of the job in its environment', async () => {
    const job = { ...env, SECRET_OF_THE_JOB: 'hunter2-value', ASKED: 'asked-value' };
    const { job: child, name } = await running(
      'FROM busybox\nEXPOSE 80\nCMD ["sleep", "600"]\n',
      ['--smoke-env', 'ASKED', '--smoke-env', 'B=c d', '--smoke-timeout', '600'],
      job,
    );
    const [{ HostConfig, Config }] = JSON.parse(await docker(['inspect', name], env));
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(HostConfig).toMatchObject({
      PidsLimit: 4096,
      SecurityOpt: ['no-new-privileges'],
      PortBindings: {},
      Privileged: false,
    });
    expect(HostConfig.Memory).toBeGreaterThan(100_000_000);
    expect(Config.Env.filter((one: string) => !one.startsWith('PATH='))).toEqual(['ASKED=asked-value', 'B=c d']);
  });

  test('what was given to the container is not told', async () => {
    const context = directory({ Dockerfile: 'FROM busybox\nCMD echo "token $TOKEN on $PORT"; exit 1\n' });
    const { report } = await build([context, '--smoke-env', 'TOKEN=t0ken-value', '--smoke-env', 'PORT=8080'], env);
    expect(report.smoke.log).toEqual(['token [TOKEN] on 8080']);
    expect(JSON.stringify(report)).not.toContain('t0ken-value');
  });

  test('the next run removes what a killed one left, and leaves alone what runs beside it', async () => {
    const killed = await running('FROM busybox\nCMD ["sleep", "601"]\n', [], env);
    const beside = await running('FROM busybox\nCMD ["sleep", "602"]\n', [], env);
    killed.job.kill('SIGKILL');
    await once(killed.job, 'exit');
    await command(['smoke', 'busybox'], env);
    expect(await containers(env)).toBe(beside.name);
    beside.job.kill('SIGTERM');
    await once(beside.job, 'exit');
    expect(await containers(env)).toBe('');
  });

  test('an image that passed before is not run again with smoke-test: changed', async () => {
    const context = directory({ Dockerfile: 'FROM busybox\nCOPY salt /\nCMD ["true"]\n', salt: `${Math.random()}` });
    const flags = [context, '--cache-dir', directory({}), '--smoke-test', 'changed'];
    expect((await build(flags, env)).report.smoke).toMatchObject({ outcome: 'passed' });
    expect((await build(flags, env)).report.smoke).toMatchObject({
      outcome: 'skipped',
      evidence: 'This very image has passed before, asked for the same (smoke-test: changed).',
    });
    const asked = await build([...flags, '--smoke-exit-code', '1'], env);
    expect(asked.report.smoke).toMatchObject({ outcome: 'failed' });
    // A failure is not remembered, and does not make what passed forgotten.
    expect((await build([...flags, '--smoke-exit-code', '1'], env)).report.smoke).toMatchObject({ outcome: 'failed' });
    expect((await build(flags, env)).report.smoke).toMatchObject({ outcome: 'skipped' });
  });
});

describe('an engine in a machine of its own', () => {
  const env = engine('containerd');
  const server = 'cached-docker-build-test-server';
  const before = { ...process.env };
  beforeAll(async () => {
    Object.assign(process.env, env);
    await run('docker', ['rm', '--force', server], env);
    const ports = ['--publish', '127.0.0.1::8080', '--publish', '127.0.0.1::8081'];
    await docker(['run', '--detach', '--name', server, ...ports, 'busybox', 'httpd', '-f', '-p', '8080'], env);
    const listening = () => run('docker', ['exec', server, 'wget', '-q', '-O', '-', '127.0.0.1:8080/none'], env);
    while (!(await listening()).stderr.includes('404'));
  });
  afterAll(async () => {
    await run('docker', ['rm', '--force', '--volumes', server], env);
    process.env = before;
  });

  test('ports are knocked at where docker publishes them', async () => {
    const container = await inspect(server);
    if (!container) throw new Error('no container');
    // As it looks from outside of that machine: no process of it is seen.
    const ports = new Ports(server, { ...container, pid: 0 }, 'published');
    expect(await ports.look([8080], 1)).toMatchObject({ met: 1, seen: 'accepts connections on port 8080' });
    expect(await ports.look([8081], 1)).toMatchObject({ met: null, blind: false });
    expect(await ports.get(8080, '/none')).toMatchObject({ status: 404 });
    expect(await ports.get(8081, '/')).toEqual({ problem: 'connection closed without an answer' });
  });

  test('from another machine, only what runs in the container sees its ports', async () => {
    const container = await inspect(server);
    if (!container) throw new Error('no container');
    const ports = new Ports(server, { ...container, pid: 0 }, 'inside');
    expect(await ports.look([8080], 1)).toMatchObject({ met: 1, seen: 'listens on [::]:8080' });
    expect(await ports.look([8081], 1)).toMatchObject({ met: null, seen: 'it listens on [::]:8080', blind: false });
  });
});
