import { expect, test } from '@jest/globals';
import { readMetadata } from '../../src/build/metadata.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const buildConfig = { digestMapping: { 'sha256:v1': 'step1', 'sha256:v2': 'step2', 'sha256:v3': 'step3' } };
const locations = {
  step1: {
    locations: [{ ranges: [{ start: { line: 9 } }, { start: { line: 10 } }] }, { ranges: [{ start: { line: 3 } }] }],
  },
  step2: {},
};
const v02 = { buildConfig, metadata: { 'https://mobyproject.org/buildkit@v1#metadata': { source: { locations } } } };
const v1 = {
  buildDefinition: { internalParameters: { buildConfig } },
  runDetails: { metadata: { buildkit_metadata: { source: { locations } } } },
};

test.each([
  ['SLSA v0.2', { 'buildx.build.provenance': v02 }],
  ['SLSA v1', { 'buildx.build.provenance': v1 }],
  ['one of several platforms', { 'buildx.build.provenance/linux/arm64': v02 }],
])('the lines of a vertex from %s', (_, file) => {
  expect([...readMetadata(JSON.stringify(file)).lines]).toEqual([['sha256:v1', [3, 9]]]);
});

test('the digests of the image', () => {
  const file = { 'containerimage.digest': digest, 'containerimage.config.digest': 'nonsense' };
  expect(readMetadata(JSON.stringify(file))).toMatchObject({ digest, configDigest: null });
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '{"buildx.build.provenance": null}',
  '{"buildx.build.provenance": {"buildConfig": 3}}',
])('text that buildx does not write gives empty metadata: %j', (text) => {
  expect(readMetadata(text)).toEqual({ configDigest: null, digest: null, lines: new Map(), operations: new Map() });
});
