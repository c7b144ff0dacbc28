// The registry under real engines: images are pushed and pulled, build caches exported and imported.

import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Registry, type RegistryEvent, startRegistry } from '../../src/cache/registry.ts';
import { DirectoryBlobs, evict } from '../support/blobs.ts';
import { directory, docker, engine, run, STORES, type Store } from '../support/engine.ts';

const BIG = 5_000_000;

let blobs: DirectoryBlobs;
let registry: Registry;
let events: RegistryEvent[];
/** `127.0.0.1:PORT/REPOSITORY`. */
let image: string;
/** In the text of every step, so that what an engine has of a test can be told from all else. */
let unique: string;
let context: string;
let removeAll: () => Promise<void>;

beforeEach(async () => {
  blobs = new DirectoryBlobs();
  events = [];
  registry = await startRegistry(blobs, (event) => events.push(event));
  image = `${registry.address}/${registry.repository}`;
  unique = registry.repository.slice(0, 16);
  // Two steps write random bytes: an image built twice is the same only if they did not run twice.
  context = directory({
    file: unique,
    Dockerfile: `FROM busybox AS tools
RUN head -c ${BIG} /dev/urandom > /big-${unique}
RUN head -c 100 /dev/urandom > /small-${unique}
FROM busybox
COPY --from=tools /small-${unique} /
COPY file /file-${unique}
RUN head -c 100 /dev/urandom > /last-${unique}
`,
  });
});
afterEach(async () => {
  await removeAll();
  await registry.close();
  await rm(blobs.directory, { recursive: true });
  await rm(context, { recursive: true });
});

/** docker on one engine, with what this test needs of it. */
function on(store: Store) {
  const env = engine(store);
  const images = new Set<string>();
  removeAll = async () => {
    if (images.size > 0) await docker(['rmi', '--force', ...images], env);
    images.clear();
    // Only the records of this test's steps: other tests use the engine, too.
    await docker(['buildx', 'prune', '--all', '--force', '--filter', `description~=${unique}`], env);
  };
  const layers = async (tag: string): Promise<string[]> =>
    JSON.parse(await docker(['image', 'inspect', '--format', '{{json .RootFS.Layers}}', tag], env));
  return {
    env,
    layers,
    /** Makes the engine forget this test. */
    forget: () => removeAll(),
    docker: (...args: string[]) => docker(args, env),
    /** Builds an image and returns the digests of its layers. */
    async build(tag: string, ...args: string[]): Promise<string[]> {
      const ran = await run('docker', ['build', '-t', tag, ...args, context], env);
      if (ran.code !== 0) throw new Error(ran.stderr);
      images.add(tag);
      return layers(tag);
    },
  };
}

const problems = () => events.filter(({ type }) => !['blob-served', 'blob-uploaded', 'manifest-pushed'].includes(type));
const bytes = (type: 'blob-served' | 'blob-uploaded') =>
  events.reduce((sum, event) => sum + (event.type === type ? event.bytes : 0), 0);

describe.each(STORES)('%s image store', (store) => {
  test('docker push, docker pull', async () => {
    const { build, docker, forget, layers } = on(store);
    const tag = `${image}:pushed`;
    const built = await build(tag);
    await docker('push', '--quiet', tag);
    expect(blobs.manifests.has('pushed')).toBe(true);
    expect(bytes('blob-uploaded')).toBeGreaterThan(0);

    await forget();
    await docker('pull', '--quiet', tag);
    expect(await layers(tag)).toEqual(built);
    await docker('rmi', tag);
    expect(problems()).toEqual([]);
  });
});

test('containerd: a cache exported with mode=max, and imported', async () => {
  const { build, docker, forget } = on('containerd');
  const tag = `cached-docker-build-test:${unique}`;
  const cache = `type=registry,ref=${image}:cache`;
  const to = `${cache},mode=max,oci-mediatypes=true,image-manifest=true,compression=zstd`;
  const built = await build(tag, '--cache-to', to);
  expect(bytes('blob-uploaded')).toBeGreaterThan(BIG);

  // A second build only exports, and everything is there already.
  events.length = 0;
  await docker('build', '--output', 'type=cacheonly', '--cache-to', to, context);
  expect(events).toEqual([]);

  await forget();
  events.length = 0;
  expect(await build(tag, '--cache-from', cache)).toEqual(built);
  expect(problems()).toEqual([]);
  // Lazy: the large layer is of a stage that nothing of the image is made from.
  expect(bytes('blob-served')).toBeGreaterThan(0);
  expect(bytes('blob-served')).toBeLessThan(BIG);
});

test('overlay2: stages pushed with their inline cache, and imported', async () => {
  const { build, docker, forget } = on('overlay2');
  const tag = `cached-docker-build-test:${unique}`;
  const inline = ['--build-arg', 'BUILDKIT_INLINE_CACHE=1'];
  await build(`${image}:tools`, ...inline, '--target', 'tools');
  const built = await build(`${image}:last`, ...inline);
  for (const stage of ['tools', 'last']) await docker('push', '--quiet', `${image}:${stage}`);
  expect(bytes('blob-uploaded')).toBeGreaterThan(BIG);

  await forget();
  events.length = 0;
  const from = ['tools', 'last'].flatMap((stage) => ['--cache-from', `type=registry,ref=${image}:${stage}`]);
  expect(await build(tag, ...from)).toEqual(built);
  expect(problems()).toEqual([]);
  expect(bytes('blob-served')).toBeGreaterThan(0);
  expect(bytes('blob-served')).toBeLessThan(BIG);
});

test('a cache that is not there is no problem', async () => {
  const { build } = on('containerd');
  await build(`cached-docker-build-test:${unique}`, '--cache-from', `type=registry,ref=${image}:none`);
  expect(events).toEqual([]);
});

test.each(STORES)('%s: a layer that is gone is heard of', async (store) => {
  const { build, docker, forget, env } = on(store);
  const tag = `${image}:pushed`;
  await build(tag);
  await docker('push', '--quiet', tag);
  await forget();
  evict(blobs, 'evicted');
  events.length = 0;
  expect((await run('docker', ['pull', tag], env)).code).not.toBe(0);
  expect(events[0]).toMatchObject({ type: 'blob-gone', reason: 'evicted' });
});
