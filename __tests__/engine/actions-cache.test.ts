// The layer cache in the Actions cache, on real engines and through the real @actions/cache: main and post as a runner
// starts them, against a double of the hosted service. In threes.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { grants } from '../support/cache-service.ts';
import { build, directory, engine, STORES } from '../support/engine.ts';
import { DOCKERFILE, Image, LAYER, layerKey, service } from '../support/image.ts';

describe.each(STORES)('%s image store', (store) => {
  test('save, restore, change one file', async () => {
    const image = await Image.inEmptyCache(store);
    const first = await image.job();
    expect(first.report.cache).toMatchObject({ store: 'actions', outcome: 'empty', bytesFetched: 0 });
    expect(first.report.cache.reason).toContain('What is new is saved while the job goes on.');
    expect(first.outputs).toMatchObject({ 'cache-outcome': 'empty', 'net-seconds': expect.stringMatching(/^-\d/) });
    expect(first.post.summary).toMatch(/^\*\*Layers saved behind the job:\*\* 3\.\d MB in 3 new entries uploaded in/);
    expect(first.counts).toMatchObject({ newEntries: 3 });

    const second = await image.job();
    expect(second.missed).toEqual([]);
    expect(await image.output()).toBe('one');
    // All of it is there, as after a plain build: it can be pushed, saved and built upon when the registry is gone.
    expect(await image.layers()).toHaveLength(2);
    expect(second.report.cache).toMatchObject({ outcome: 'restored', bytesStored: 0 });
    expect(second.post.summary).toBe('');
    // The builder stage's layer stays where it is, and nothing is saved.
    expect(second.counts).toMatchObject({ bytesUp: 0, newEntries: 0 });
    expect(second.counts.bytesDown).toBeLessThan(50_000);

    image.files['app.txt'] = 'two\n';
    const third = await image.job();
    expect(third.missed).toEqual([5, 6, 8]);
    expect(await image.output()).toBe('two');
    expect(third.counts).toMatchObject({ newEntries: 1 });
    expect(third.counts.bytesUp).toBeLessThan(50_000);
    // No more than the engine needs: one layer, once, and the index.
    expect(third.counts.bytesDown).toBeGreaterThan(LAYER);
    expect(third.counts.bytesDown).toBeLessThan(LAYER * 1.05);
    expect((await image.job()).missed).toEqual([]);
  });

  test('what the last run needed is on its way before the engine asks, and comes once', async () => {
    const image = await Image.inEmptyCache(store);
    await image.job({}, { commit: 'a' });
    image.files['app.txt'] = 'two\n';
    await image.job({}, { commit: 'b' });
    // The commit that was built before needs nothing below its results, another one most likely what that one needed.
    expect((await image.job({}, { commit: 'b' })).counts.bytesDown).toBeLessThan(50_000);
    const unchanged = await image.job({}, { commit: 'c' });
    expect(unchanged.counts.requests.download).toBeGreaterThan(2);
    image.files['app.txt'] = 'three\n';
    const changed = await image.job({}, { commit: 'd' });
    expect(changed.missed).toEqual([5, 6, 8]);
    expect(changed.counts.bytesDown).toBeLessThan(LAYER * 1.05);
  });

  test('a layer was evicted: it is not offered, its step runs, and it is saved again', async () => {
    const image = await Image.inEmptyCache(store);
    await image.job();
    await service.evict(layerKey());
    image.files['app.txt'] = 'two\n';
    const ran = await image.job();
    expect(ran).toMatchObject({ code: 0, missed: expect.arrayContaining([4, 5, 6, 8]) });
    expect(ran.report.cache.reason).toContain('1 of the layers that were saved was gone.');
    expect(ran.stdout).not.toContain('building again');
    expect((await image.job()).missed).toEqual([]);
  });

  test.each(['bytes', 'truncate'] as const)(
    'a layer is damaged (%s): the image is built without the cache',
    async (how) => {
      const image = await Image.inEmptyCache(store);
      await image.job();
      await service.corrupt(layerKey(), how);
      image.files['app.txt'] = 'two\n';
      const ran = await image.job();
      expect(ran.code).toBe(0);
      expect(ran.report.cache).toMatchObject({ outcome: 'failed' });
      expect(ran.report.cache.reason).toMatch(/^The cache failed, so the image was built without it: /);
      expect(await image.output()).toBe('two');
    },
  );

  test('a build that fails keeps its work', async () => {
    const image = await Image.inEmptyCache(store);
    image.files.Dockerfile = DOCKERFILE.replace('cat app.txt salt > out', 'cat missing.txt');
    const failed = await image.job();
    expect(failed.code).toBe(1);
    expect(failed.counts.newEntries).toBeGreaterThan(0);
    image.files.Dockerfile = DOCKERFILE;
    expect((await image.job()).missed).toEqual([6, 8]);
  });
});

test.each([
  ['stays here', 'cached-docker-build-test:zstd', 'application/vnd.oci.image.layer.v1.tar+zstd'],
  ['will be pushed', 'example.com/app:gzip', 'application/vnd.oci.image.layer.v1.tar+gzip'],
])('an image that %s', async (_, tag, mediaType) => {
  const image = await Image.inEmptyCache('containerd', tag);
  await image.job();
  expect((await image.layers()).at(-1)).toBe(mediaType);
});

test.each(STORES)('no value of a build argument is uploaded (%s)', async (store) => {
  const image = await Image.inEmptyCache(store);
  image.files.Dockerfile = DOCKERFILE.replace('COPY app.txt .', 'ARG TOKEN\nRUN echo $TOKEN | wc -c\nCOPY app.txt .');
  // Two layers go up; the index, which comes last, does not.
  service.resetCounts();
  await service.fault({ what: 'hang', on: 'upload', after: 2 });
  const job = image.start();
  await job.main({ tags: 'cached-docker-build-test:token', 'smoke-test': 'off', 'build-args': 'TOKEN=t0ken-value' });
  while (service.counts.requests.upload < 3) await sleep(50);
  const files = readdirSync(job.temporary, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toContain('index.json');
  for (const { parentPath, name } of files) {
    expect(readFileSync(join(parentPath, name)).includes('t0ken-value')).toBe(false);
  }
  await service.heal();
  await job.post();
});

test('a command in a workflow waits until its layers are saved', async () => {
  await service.evict();
  const env = { ...engine('containerd'), ...service.env() };
  const context = directory({ Dockerfile: 'FROM busybox\nCOPY salt .\n', salt: `${Math.random()}` });
  const ran = await build([context, '-t', 'cached-docker-build-test:command', '--smoke-test', 'off'], env);
  expect(ran.report.cache).toMatchObject({ store: 'actions', outcome: 'empty' });
  expect(ran.report.cache.reason).toMatch(/ \d+\.\d [kM]B in \d new entr(y|ies) uploaded in \d\.\d s\.$/);
  expect(service.entries().length).toBeGreaterThan(0);
});

describe('scopes', () => {
  test('a pull request starts with what its base has, and what it saves stays its own', async () => {
    const image = await Image.inEmptyCache('containerd');
    await image.job({}, { scopes: grants.push('refs/heads/main') });
    image.files['app.txt'] = 'of a pull request\n';
    const request = { scopes: grants.pullRequest(7) };
    expect((await image.job({}, request)).missed).toEqual([5, 6, 8]);
    expect((await image.job({}, request)).missed).toEqual([]);
    expect((await image.job({}, { scopes: grants.push('refs/heads/main') })).missed).toEqual([5, 6, 8]);
  });

  test('jobs of a matrix over build arguments keep out of each other’s way', async () => {
    const image = await Image.inEmptyCache('containerd');
    image.files.Dockerfile = DOCKERFILE.replace('FROM busybox AS build', '$&\nARG VERSION');
    const version = (number: number) => image.job({ 'build-args': `VERSION=${number}` });
    await version(1);
    await version(2);
    expect((await version(1)).missed).toEqual([]);
    expect((await version(2)).missed).toEqual([]);
    expect((await version(3)).missed[0]).toBe(5);
  });

  test('images share layers; a layer is stored once', async () => {
    const image = await Image.inEmptyCache('containerd');
    await image.job();
    const second = await image.again({ 'cache-scope': 'another' });
    expect(second.report.cache.outcome).toBe('empty');
    expect(second.counts.newEntries).toBe(1);
  });

  test('two jobs that save the same scope at once both succeed', async () => {
    const image = await Image.inEmptyCache('containerd');
    const both = await Promise.all([image.again(), image.again()]);
    expect(both.map(({ code, post }) => [code, /Nothing was saved.*/.exec(post.summary)?.[0]])).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
    expect((await image.job()).missed).toEqual([]);
  });

  test('a layer that another job is still uploading counts as saved', async () => {
    const image = await Image.inEmptyCache('containerd');
    await service.fault({ what: 'hang', on: 'upload', after: 0, times: 1 });
    service.resetCounts();
    const slow = image.start();
    await slow.main({ tags: 'cached-docker-build-test:slow', lint: 'off', 'smoke-test': 'off', 'cache-scope': 'slow' });
    while (service.counts.requests.upload < 2) await sleep(50);
    const fast = await image.again({ 'cache-scope': 'fast' });
    expect(fast.post.summary).not.toMatch(/Only|Nothing/);
    await service.heal();
    await slow.post();
    expect((await image.job({ 'cache-scope': 'fast' })).missed).toEqual([]);
  });

  test('many layers make no more than eight entries', async () => {
    const image = await Image.inEmptyCache('containerd');
    const layers = Array.from({ length: 14 }, (_, at) => `RUN head -c ${300_000 + at * 10_000} /dev/urandom > ${at}`);
    image.files.Dockerfile = `FROM busybox\nCOPY salt .\n${layers.join('\n')}\nCOPY app.txt .\nRUN cat app.txt > out\nCMD ["cat", "out"]\n`;
    expect((await image.job()).counts.newEntries).toBe(8);
    image.files['app.txt'] = 'two\n';
    expect((await image.job()).missed).toEqual([17, 18]);
    expect(await image.output()).toBe('two');
  });
});

test('three runs that cost more than they saved: nothing is saved, unless always', async () => {
  const image = await Image.inEmptyCache('containerd');
  image.files.Dockerfile = 'FROM busybox\nCOPY app.txt .\nRUN cat app.txt > out\nCMD ["cat", "out"]\n';
  const change = (text: string, inputs = {}) => {
    image.files['app.txt'] = text;
    return image.job(inputs);
  };
  for (const text of ['1', '2', '3']) expect((await change(text)).counts.newEntries).toBeGreaterThan(0);
  const fourth = await change('4');
  expect(fourth.counts.newEntries).toBe(0);
  expect(fourth.report.cache.reason).toContain(
    'Nothing was saved: the last 3 times it cost more time than it saved. With cache: always it is saved all the same.',
  );
  expect((await change('5', { cache: 'always' })).counts.newEntries).toBe(1);
});
