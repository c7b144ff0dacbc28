// The layer cache on a real engine of each image store, in threes: a first run saves, a second on an emptied engine hits,
// a third with one file changed misses at that very step. Then everything that can be wrong with the directory.

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { build, directory, docker, emptyEngine as empty, engine, fileSystem, STORES } from '../support/engine.ts';

/** A builder stage with a layer of 5 MB that nobody needs again, and a small last stage. */
const DOCKERFILE = `FROM busybox AS build
WORKDIR /src
COPY salt .
RUN head -c 5000000 /dev/urandom > big && cp salt installed
COPY app.txt .
RUN cat app.txt salt > out
FROM busybox
COPY --from=build /src/out /out
CMD ["cat", "/out"]
`;
const LAST = '  8 COPY';

describe.each(STORES)('%s image store', (store) => {
  const env = engine(store);
  const tag = `cached-docker-build-test:cache-${store}`;

  /** A context that no build has seen, and an empty place for its layers. */
  const fresh = () => {
    const context = directory({ Dockerfile: DOCKERFILE, salt: `${Math.random()}\n`, 'app.txt': 'one\n' });
    return { context, cache: directory({}) };
  };
  type Place = ReturnType<typeof fresh>;
  const whole = ({ context, cache }: Place, ...more: string[]) =>
    build([context, '-t', tag, '--cache-dir', cache, ...more], env);
  /** Without what has nothing to do with layers. */
  const job = (at: Place, ...more: string[]) => whole(at, '--smoke-test', 'off', ...more);
  const emptyEngine = () => empty(tag, env);
  const steps = ({ report }: Awaited<ReturnType<typeof job>>) =>
    report.build.steps.map(({ line, instruction, status }) => `${String(line).padStart(3)} ${instruction} ${status}`);
  const missed = (ran: Awaited<ReturnType<typeof job>>) => steps(ran).filter((step) => step.endsWith('miss'));
  const output = async () => (await docker(['run', '--rm', tag], env)).split('\n')[0];
  const blobs = (cache: string) => readdirSync(join(cache, 'blobs')).map((name) => join(cache, 'blobs', name));
  const big = (cache: string) =>
    blobs(cache).find((file) => statSync(file).size > 4_500_000 && statSync(file).size < 5_500_000) ?? '';

  test('save, restore, change one file', async () => {
    const at = fresh();
    const first = await whole(at);
    expect(first.report.cache).toMatchObject({ store: 'directory', outcome: 'empty', bytesFetched: 0 });
    expect(first.report.cache.bytesStored).toBeGreaterThan(5_000_000);

    await emptyEngine();
    const second = await whole(at);
    expect(missed(second)).toEqual([]);
    expect(await output()).toBe('one');
    expect(second.report.cache).toMatchObject({ outcome: 'restored', bytesStored: 0 });
    expect(second.report.cache.reason).toContain('Nothing changed, so nothing was saved.');
    // The layer of the builder stage stays where it is.
    expect(second.report.cache.bytesFetched).toBeLessThan(100_000);

    await emptyEngine();
    writeFileSync(join(at.context, 'app.txt'), 'two\n');
    const third = await whole(at);
    expect(missed(third)).toEqual(['  5 COPY miss', '  6 RUN miss', `${LAST} miss`]);
    expect(await output()).toBe('two');
    expect(third.report.cache.bytesFetched).toBeGreaterThan(5_000_000);
    expect(third.report.cache.bytesStored).toBeLessThan(1_000_000);
    expect(third.report.build.steps.find(({ line }) => line === 4)).toMatchObject({
      status: 'hit',
      source: 'restored',
    });

    // What the third saved is found by a fourth; and plain docker build goes on as if nothing had been.
    await emptyEngine();
    expect(missed(await job(at))).toEqual([]);
    writeFileSync(join(at.context, 'app.txt'), 'three\n');
    await docker(['build', '--quiet', '--tag', tag, at.context], env);
    expect(await output()).toBe('three');
  });

  test('a build that fails keeps its work, beside what the last good one left', async () => {
    const at = fresh();
    const dockerfile = join(at.context, 'Dockerfile');
    writeFileSync(dockerfile, DOCKERFILE.replace('cat app.txt salt > out', 'cat missing.txt'));
    const failed = await job(at);
    expect(failed.code).toBe(1);
    expect(failed.report.cache.reason).toContain('The layers above the step that failed were saved.');
    await emptyEngine();
    writeFileSync(dockerfile, DOCKERFILE);
    expect(missed(await job(at))).toEqual(['  6 RUN miss', `${LAST} miss`]);
    // Now a good build is saved. One that fails below a new step must not make us forget it.
    await emptyEngine();
    writeFileSync(dockerfile, DOCKERFILE.replace('COPY app.txt .', 'RUN echo new\nRUN false\nCOPY app.txt .'));
    expect((await job(at)).code).toBe(1);
    await emptyEngine();
    writeFileSync(dockerfile, DOCKERFILE);
    expect(missed(await job(at))).toEqual([]);
    await emptyEngine();
    writeFileSync(dockerfile, DOCKERFILE.replace('COPY app.txt .', 'RUN echo new\nRUN true\nCOPY app.txt .'));
    expect(missed(await job(at))[0]).toBe('  6 RUN miss');
  });

  test('a stage that only gives its parent, one that nothing needs, a target', async () => {
    const at = fresh();
    writeFileSync(
      join(at.context, 'Dockerfile'),
      `FROM busybox AS base\nCOPY salt /salt\nRUN cat salt\nFROM base AS other\nRUN echo other\nFROM base AS app\nRUN echo app > /app\nCMD ["cat", "/app"]\nFROM busybox\n`,
    );
    await job(at, '--target', 'app');
    await emptyEngine();
    const again = await job(at, '--target', 'app');
    expect(steps(again)).toEqual(['  1 FROM hit', '  2 COPY hit', '  3 RUN hit', '  7 RUN hit']);
    expect(await output()).toBe('app');
  });

  test('images share layers, and do not overwrite each other', async () => {
    const at = fresh();
    writeFileSync(join(at.context, 'two.Dockerfile'), DOCKERFILE.replace('/out"]', '/out", "/out"]'));
    await job(at);
    const files = blobs(at.cache).length;
    const second = await job(at, '-f', join(at.context, 'two.Dockerfile'));
    expect(second.report.cache.outcome).toBe('empty');
    expect(blobs(at.cache).length - files).toBeLessThanOrEqual(4); // configs; the layers are there
    await emptyEngine();
    expect(missed(await job(at))).toEqual([]);
    expect(missed(await job(at, '-f', join(at.context, 'two.Dockerfile')))).toEqual([]);
    const scoped = await job(at, '--cache-scope', 'other');
    expect(scoped.report.cache.outcome).toBe('empty');
  });

  test('jobs of a matrix over build arguments keep out of each other’s way; an argument that is new starts with the last', async () => {
    const at = fresh();
    writeFileSync(join(at.context, 'Dockerfile'), DOCKERFILE.replace('FROM busybox AS build', '$&\nARG VERSION'));
    const version = (number: number) => job(at, '--build-arg', `VERSION=${number}`);
    await version(1);
    await emptyEngine();
    await version(2);
    await emptyEngine();
    expect(missed(await version(1))).toEqual([]);
    await emptyEngine();
    expect(missed(await version(2))).toEqual([]);
    // COPY does not depend on it, RUN does.
    await emptyEngine();
    expect(missed(await version(3))[0]).toBe('  5 RUN miss');
  });

  test('two jobs that save the same scope at once both succeed', async () => {
    const at = fresh();
    const both = await Promise.all([job(at), job(at)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    await emptyEngine();
    expect(missed(await job(at))).toEqual([]);
  });

  test('read-only saves nothing, off does nothing', async () => {
    const at = fresh();
    const readOnly = await job(at, '--cache', 'read-only');
    expect(readOnly.report.cache.reason).toContain('the cache is read-only');
    expect(readdirSync(at.cache)).toEqual([]);
    const off = await job(at, '--cache', 'off');
    expect(off.report.cache).toMatchObject({ store: 'none', outcome: 'off' });
  });

  test('layers that no index names are removed a day later', async () => {
    const at = fresh();
    await job(at);
    const first = blobs(at.cache);
    writeFileSync(join(at.context, 'salt'), `${Math.random()}\n`);
    await job(at);
    expect(blobs(at.cache)).toEqual(expect.arrayContaining(first));
    for (const file of blobs(at.cache)) utimesSync(file, 0, 0);
    writeFileSync(join(at.context, 'app.txt'), 'two\n');
    await job(at);
    const left = blobs(at.cache).filter((file) => first.includes(file));
    // Of the first build only the layers of FROM and WORKDIR are still in use.
    expect(left).toHaveLength(2);
    await emptyEngine();
    expect(missed(await job(at))).toEqual([]);
  });

  test('a disk that is full: the image is built, and what was there stays', async () => {
    const at = { ...fresh(), cache: fileSystem('8m') };
    await job(at);
    writeFileSync(join(at.context, 'salt'), `${Math.random()}\n`);
    const ran = await job(at);
    expect(ran.code).toBe(0);
    expect(ran.report.cache.reason).toContain('Nothing was saved: there is no room left on the disk.');
    expect(await output()).toBe('one');
  });

  test('a directory that can only be read, with cache: read-only', async () => {
    const at = { ...fresh(), cache: fileSystem('20m') };
    await job(at);
    execFileSync('mount', ['-o', 'remount,ro', at.cache]);
    await emptyEngine();
    expect(missed(await job(at, '--cache', 'read-only'))).toEqual([]);
  });

  test('no value of a build argument is kept', async () => {
    const at = fresh();
    const dockerfile = DOCKERFILE.replace('COPY app.txt .', 'ARG TOKEN\nRUN echo $TOKEN | wc -c\nCOPY app.txt .');
    writeFileSync(join(at.context, 'Dockerfile'), dockerfile);
    await job(at, '--build-arg', 'TOKEN=t0ken-value');
    const files = readdirSync(at.cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(3);
    for (const { parentPath, name } of files) {
      expect(readFileSync(join(parentPath, name)).includes('t0ken-value')).toBe(false);
    }
    await emptyEngine();
    expect(missed(await job(at, '--build-arg', 'TOKEN=t0ken-value'))).toEqual([]);
    expect(missed(await job(at, '--build-arg', 'TOKEN=another'))[0]).toBe('  6 RUN miss');
  });

  describe('what can be wrong with it ends in a right image and a green job', () => {
    /** What a first job saved, for all these tests. */
    const saved = fresh();
    beforeAll(async () => {
      await job(saved);
    });

    /** Breaks a copy of the directory, empties the engine, changes a file, and builds again. */
    const broken = async (breakIt: (cache: string) => void) => {
      const at = { ...saved, cache: directory({}) };
      cpSync(saved.cache, at.cache, { recursive: true });
      breakIt(at.cache);
      await emptyEngine();
      writeFileSync(join(at.context, 'app.txt'), 'two\n');
      const ran = await job(at);
      expect(ran.code).toBe(0);
      expect(await output()).toBe('two');
      return { ...ran, at };
    };

    test('a layer is gone: it is not offered, and its step runs', async () => {
      const ran = await broken((cache) => rmSync(big(cache)));
      expect(missed(ran)).toContain('  4 RUN miss');
      expect(ran.report.cache.reason).toContain('1 of the layers that were saved was gone.');
      // What ran was saved again.
      await emptyEngine();
      expect(missed(await job(ran.at))).toEqual([]);
    });

    test('a layer is damaged: the image is built without the cache', async () => {
      const ran = await broken((cache) => {
        const content = readFileSync(big(cache));
        content.writeUInt8(content.readUInt8(1000) ^ 0xff, 1000);
        writeFileSync(big(cache), content);
      });
      expect(ran.report.cache).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('its file is damaged'),
      });
      expect(ran.stderr).toContain('The layer cache failed; building again without it.');
    });

    test.each([
      ['damaged', '{"version": 1, "manifests": {"cache": 3'],
      ['hostile', '{"version": 1, "manifests": {"cache": {"mediaType": "x", "content": "e30="}}, "seconds": {}}'],
      ['of another version', '{"version": 2}'],
    ])('the index is %s', async (_, text) => {
      const ran = await broken((cache) => {
        const [scope = ''] = readdirSync(join(cache, 'scopes'));
        for (const name of readdirSync(join(cache, 'scopes', scope))) {
          writeFileSync(join(cache, 'scopes', scope, name), text);
        }
      });
      expect(ran.report.cache).toMatchObject({
        outcome: 'empty',
        reason: expect.stringMatching(/What was saved cannot be used: its index (is damaged|has version 2, not 1)\./),
      });
    });

    test('all of its blobs are gone', async () => {
      const ran = await broken((cache) => rmSync(join(cache, 'blobs'), { recursive: true }));
      expect(ran.report.cache.outcome).toBe('empty');
    });

    test('a file stands where the directory should be', async () => {
      const at = fresh();
      rmSync(at.cache, { recursive: true });
      writeFileSync(at.cache, '');
      const ran = await job(at);
      expect(ran.code).toBe(0);
      expect(ran.report.cache).toMatchObject({
        store: 'none',
        outcome: 'unusable',
        reason: expect.stringContaining(at.cache),
      });
    });

    test('nothing can be written', async () => {
      const at = fresh();
      await job(at);
      writeFileSync(join(at.context, 'app.txt'), 'two\n');
      // Even root cannot write there: a file stands in the way of every upload.
      rmSync(join(at.cache, 'scratch'), { recursive: true });
      writeFileSync(join(at.cache, 'scratch'), '');
      chmodSync(join(at.cache, 'scratch'), 0o400);
      const ran = await job(at);
      expect(ran.code).toBe(0);
      expect(ran.report.cache.outcome).toBe('unusable');
      expect(await output()).toBe('two');
    });
  });

  test('the classic builder has no layers to share', async () => {
    const at = fresh();
    const ran = await build([at.context, '--cache-dir', at.cache, '--smoke-test', 'off'], {
      ...env,
      DOCKER_BUILDKIT: '0',
    });
    expect(ran.report.cache).toMatchObject({
      outcome: 'unusable',
      reason: 'The classic builder cannot share its layers.',
    });
  });
});
