// Several caches → one. BuildKit would read each as a cache of its own, and where two of them know the same step, but only
// one has its result, it may ask the other and run the step again (seen on Docker 28.5.2, overlay2: in five of five builds
// in one order of the caches, in one of five in the other). In one manifest each step stands once, with all its results. Pure.

import type { Digest, Manifest } from './blobs.ts';

/** A cache as it was pushed: its manifest, and the text of its config. */
export interface PushedCache {
  manifest: Manifest;
  config: string;
}

/** https://github.com/moby/buildkit/blob/v0.25.2/cache/remotecache/v1/spec.go */
interface CacheConfig {
  layers: Layer[];
  records: CacheRecord[];
}

interface Layer {
  blob: Digest;
  /** Number of the layer below; -1 at the bottom. */
  parent: number;
}

interface CacheRecord {
  digest: string;
  inputs?: { selector?: string; link: number }[][];
  layers?: { layer: number; createdAt?: string }[];
  chains?: { layers: number[]; createdAt?: string }[];
}

interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  annotations?: Record<string, string>;
}

/** The media type by which BuildKit knows a cache config. */
const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/**
 * The cache config of all caches together, and the layers it speaks of. A cache is an exported one, or an image with
 * inline cache; an image without adds nothing.
 * @throws Error when a config is none
 */
export function mergeCaches(caches: PushedCache[]): { config: string; layers: Descriptor[] } {
  const merged: CacheConfig = { layers: [], records: [] };
  const layerAt = new Map<string, number>();
  const recordAt = new Map<string, number>();
  const descriptors = new Map<Digest, Descriptor>();
  for (const cache of caches) {
    const { config, layers } = readCache(cache);
    for (const descriptor of layers) descriptors.set(descriptor.digest, descriptor);
    const indices = new Map<number, number>();
    const place = (at: number): number => {
      const layer = config.layers[at];
      if (!layer || indices.get(at) === LOOP) throw new Error('not a cache config');
      const known = indices.get(at);
      if (known !== undefined) return known;
      indices.set(at, LOOP);
      const parent = (layer.parent ?? 0) < 0 ? -1 : place(layer.parent ?? 0);
      const key = `${layer.blob} ${parent}`;
      const index = numberOf(layerAt, key, () => merged.layers.push({ blob: layer.blob, parent }));
      indices.set(at, index);
      return index;
    };
    addRecords(merged.records, recordAt, config.records, place);
  }
  return { config: JSON.stringify(merged), layers: [...descriptors.values()] };
}

/** The manifest under which BuildKit finds a cache config and its layers. A layer that is not named makes no result. */
export function cacheManifest(config: { digest: Digest; size: number }, layers: Descriptor[]): Manifest {
  const content = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: CACHE_CONFIG, ...config },
    layers: layers.map((layer) => ({ ...layer, mediaType: ociType(layer.mediaType) })),
  };
  return { mediaType: OCI_MANIFEST, content: Buffer.from(JSON.stringify(content)) };
}

function readCache({ manifest, config }: PushedCache): { config: CacheConfig; layers: Descriptor[] } {
  const { layers } = JSON.parse(manifest.content.toString()) as { layers: Descriptor[] };
  const parsed = JSON.parse(config);
  if (Array.isArray(parsed.records))
    return { config: { layers: parsed.layers ?? [], records: parsed.records }, layers };
  // The reading of an image is that of cache/remotecache/import.go, importInlineCache.
  const diffIds: string[] = parsed.rootfs?.diff_ids ?? [];
  const inline = parsed['moby.buildkit.cache.v0'];
  if (typeof inline !== 'string' || diffIds.length !== layers.length)
    return { config: { layers: [], records: [] }, layers: [] };
  const chain = layers.map(({ digest }, at) => ({ blob: digest, parent: at - 1 }));
  const described = layers.map((layer, at) => ({
    ...layer,
    annotations: { ...layer.annotations, 'containerd.io/uncompressed': diffIds[at] ?? '' },
  }));
  const records = JSON.parse(Buffer.from(inline, 'base64').toString()) as CacheRecord[];
  return { config: { layers: chain, records }, layers: described };
}

/** Adds records, each once: the same operation on the same inputs is one record, with the results of both. */
function addRecords(
  into: CacheRecord[],
  known: Map<string, number>,
  records: CacheRecord[],
  place: (layer: number) => number,
): void {
  const added = new Map<number, number>();
  const add = (at: number): number => {
    const done = added.get(at);
    const record = records[at];
    if (!record || done === LOOP) throw new Error('not a cache config');
    if (done !== undefined) return done;
    added.set(at, LOOP);
    const inputs = record.inputs?.map((slot) =>
      slot.map(({ selector, link }) => ({ ...(selector && { selector }), link: add(link) })),
    );
    const key = JSON.stringify([
      record.digest,
      inputs?.map((slot) => slot.map((input) => JSON.stringify(input)).sort()),
    ]);
    const index = numberOf(known, key, () => into.push({ digest: record.digest, ...(inputs && { inputs }) }));
    added.set(at, index);
    const own = into[index];
    const layers = record.layers?.map((result) => ({ ...result, layer: place(result.layer) })) ?? [];
    const chains = record.chains?.map((result) => ({ ...result, layers: result.layers.map(place) })) ?? [];
    if (own && layers.length > 0) own.layers = union(own.layers, layers, ({ layer }) => String(layer));
    if (own && chains.length > 0) own.chains = union(own.chains, chains, (chain) => chain.layers.join());
    return index;
  };
  for (const at of records.keys()) add(at);
}

/** Marks what is being read: who meets it again goes round in a circle. */
const LOOP = -2;

function union<T>(had: T[] = [], more: T[], key: (item: T) => string): T[] {
  return [...new Map([...more, ...had].map((item) => [key(item), item])).values()];
}

/** The number of what has this key; `push` adds it and returns how many there are then. */
function numberOf(known: Map<string, number>, key: string, push: () => number): number {
  const found = known.get(key);
  if (found !== undefined) return found;
  const number = push() - 1;
  known.set(key, number);
  return number;
}

/** `docker push` sends Docker's own media types; in an OCI manifest they have OCI's names. */
function ociType(mediaType: string): string {
  return mediaType.replace(
    /^application\/vnd\.docker\.image\.rootfs\.diff\.tar\./,
    'application/vnd.oci.image.layer.v1.tar+',
  );
}
