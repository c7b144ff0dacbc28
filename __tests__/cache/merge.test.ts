import { describe, expect, test } from '@jest/globals';
import type { Digest, Manifest } from '../../src/cache/blobs.ts';
import { digestOf } from '../../src/cache/digest.ts';
import { type Index, readIndex, writeIndex } from '../../src/cache/index-entry.ts';
import { cacheManifest, mergeCaches } from '../../src/cache/merge.ts';
import { scopeOf } from '../../src/cache/scope.ts';

const digest = (name: string): Digest => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
const layer = (name: string) => ({
  mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  digest: digest(name),
  size: 1,
});
const manifestOf = (...layers: string[]): Manifest => ({
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  content: Buffer.from(JSON.stringify({ config: { digest: digest('config'), size: 1 }, layers: layers.map(layer) })),
});
const inline = (records: object[], ...layers: string[]) => ({
  manifest: manifestOf(...layers),
  config: JSON.stringify({
    rootfs: { diff_ids: layers.map((name) => `diff-${name}`) },
    'moby.buildkit.cache.v0': Buffer.from(JSON.stringify(records)).toString('base64'),
  }),
});
const exported = (config: object, ...layers: string[]) => ({
  manifest: manifestOf(...layers),
  config: JSON.stringify(config),
});

describe('mergeCaches', () => {
  test('a step that two caches know stands once, with the result that only one has', () => {
    const build = inline(
      [{ digest: 'run', inputs: [[{ link: 1 }]], layers: [{ layer: 1 }] }, { digest: 'base' }],
      'base',
      'run',
    );
    const last = inline(
      [
        { digest: 'base' },
        { digest: 'run', inputs: [[{ link: 0 }]] },
        { digest: 'copy', inputs: [[{ link: 1, selector: 's' }]], layers: [{ layer: 1 }] },
      ],
      'base',
      'copy',
    );
    const { config, layers } = mergeCaches([last, build]);
    expect(JSON.parse(config)).toEqual({
      layers: [
        { blob: digest('base'), parent: -1 },
        { blob: digest('copy'), parent: 0 },
        { blob: digest('run'), parent: 0 },
      ],
      records: [
        { digest: 'base' },
        { digest: 'run', inputs: [[{ link: 0 }]], layers: [{ layer: 2 }] },
        { digest: 'copy', inputs: [[{ selector: 's', link: 1 }]], layers: [{ layer: 1 }] },
      ],
    });
    expect(layers.map(({ digest: name, annotations }) => [name, annotations])).toEqual([
      [digest('base'), { 'containerd.io/uncompressed': 'diff-base' }],
      [digest('copy'), { 'containerd.io/uncompressed': 'diff-copy' }],
      [digest('run'), { 'containerd.io/uncompressed': 'diff-run' }],
    ]);
  });

  test('an exported cache keeps its layers, parents and chains; merging twice changes nothing', () => {
    const config = {
      layers: [
        { blob: digest('b'), parent: 1 },
        { blob: digest('a'), parent: -1 },
      ],
      records: [
        { digest: 'x', layers: [{ layer: 0, createdAt: 't' }] },
        { digest: 'y', chains: [{ layers: [1, 0] }] },
      ],
    };
    const once = mergeCaches([exported(config, 'a', 'b')]);
    expect(JSON.parse(once.config)).toEqual({
      layers: [
        { blob: digest('a'), parent: -1 },
        { blob: digest('b'), parent: 0 },
      ],
      records: [
        { digest: 'x', layers: [{ layer: 1, createdAt: 't' }] },
        { digest: 'y', chains: [{ layers: [0, 1] }] },
      ],
    });
    const again = { manifest: cacheManifest({ digest: digest('c'), size: 1 }, once.layers), config: once.config };
    expect(mergeCaches([again, again]).config).toBe(once.config);
  });

  test('the same operation on other inputs is another step', () => {
    const records = [
      { digest: 'a' },
      { digest: 'b' },
      { digest: 'run', inputs: [[{ link: 0 }]] },
      { digest: 'run', inputs: [[{ link: 1 }]] },
    ];
    expect(JSON.parse(mergeCaches([inline(records, 'l')]).config).records).toHaveLength(4);
  });

  test('an image without a cache adds nothing', () => {
    expect(mergeCaches([{ manifest: manifestOf('a'), config: '{"rootfs":{"diff_ids":["x"]}}' }])).toEqual({
      config: '{"layers":[],"records":[]}',
      layers: [],
    });
  });

  test.each([
    ['a record that leads to itself', [{ digest: 'a', inputs: [[{ link: 0 }]] }]],
    ['a link to nowhere', [{ digest: 'a', inputs: [[{ link: 7 }]] }]],
    ['a layer that is not there', [{ digest: 'a', layers: [{ layer: 9 }] }]],
  ])('%s is no cache config', (_, records) => {
    expect(() => mergeCaches([inline(records, 'l')])).toThrow('not a cache config');
  });

  test('layers that are each other’s parents', () => {
    const layers = [
      { blob: digest('a'), parent: 1 },
      { blob: digest('b'), parent: 0 },
    ];
    expect(() =>
      mergeCaches([exported({ layers, records: [{ digest: 'x', layers: [{ layer: 0 }] }] }, 'a', 'b')]),
    ).toThrow('not a cache config');
  });

  test('docker’s media types have OCI’s names in the manifest', () => {
    const manifest = JSON.parse(cacheManifest({ digest: digest('c'), size: 7 }, [layer('a')]).content.toString());
    expect(manifest).toMatchObject({
      config: { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: digest('c'), size: 7 },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }],
    });
  });
});

describe('the index', () => {
  const small = Buffer.from('small');
  const index: Index = {
    manifests: new Map([['whole.all', manifestOf('a', 'b')]]),
    blobs: new Map([[digestOf(small), small]]),
    entries: { ['a'.repeat(64)]: [digest('a'), digest('b')] },
    record: 'x',
    needed: [digest('b')],
    commit: 'c0ffee',
    nets: [-1.5, 3],
    smoked: 'f00d',
  };

  test('is read as it was written', () => expect(readIndex(writeIndex(index))).toEqual({ index, reason: null }));

  test.each([
    '',
    'null',
    '[]',
    '{',
    '{"version":1}',
    writeIndex(index).replace(/"content":"[^"]*"/, '"content":"e30="'),
    writeIndex(index).replace('"aaaa', '"../a'),
    writeIndex(index).replace('"needed":["sha256:', '"needed":["sha256:../'),
  ])('that is damaged: %j', (text) => {
    expect(readIndex(text)).toEqual({ index: null, reason: 'its index is damaged' });
  });

  test('a blob in it that is not what it says is left out', () => {
    const text = writeIndex(index).replace(small.toString('base64'), Buffer.from('other').toString('base64'));
    expect(readIndex(text)).toEqual({ index: { ...index, blobs: new Map() }, reason: null });
  });

  test('of another version', () => {
    expect(readIndex('{"version":2}')).toEqual({ index: null, reason: 'its index has version 2, not 1' });
  });
});

describe('scopes', () => {
  const scope = {
    chosen: '',
    dockerfile: 'Dockerfile',
    target: '',
    platforms: [] as string[],
    variables: [] as string[],
  };

  test('differ by Dockerfile, target and platforms, unless one is chosen', () => {
    const others = [{ dockerfile: 'b' }, { target: 'b' }, { platforms: ['linux/arm64'] }, { chosen: 'Dockerfile' }];
    const names = [scope, ...others.map((other) => ({ ...scope, ...other }))].map((one) => scopeOf(one).name);
    expect(new Set(names).size).toBe(5);
    expect(scopeOf({ ...scope, platforms: ['a', 'b'] })).toEqual(scopeOf({ ...scope, platforms: ['b', 'a'] }));
    expect(scopeOf({ ...scope, chosen: 'x', target: 'b' })).toEqual(scopeOf({ ...scope, chosen: 'x' }));
    expect(names[0]).toMatch(/^[0-9a-f]{24}$/);
  });

  test('have variants by build arguments', () => {
    const one = scopeOf({ ...scope, variables: ['A=1', 'B=2'] });
    expect(one.variant).toMatch(/^[0-9a-f]{5}$/);
    expect(one).toEqual(scopeOf({ ...scope, variables: ['B=2', 'A=1'] }));
    const other = scopeOf({ ...scope, variables: ['A=1', 'B=3'] });
    expect(other.name).toBe(one.name);
    expect(other.variant).not.toBe(one.variant);
  });
});
