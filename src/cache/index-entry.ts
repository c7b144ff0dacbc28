// The index of a scope: all that is kept of one image but its large blobs. Pure.

import type { Digest, Manifest } from './blobs.ts';
import { digestOf, hexOf, isDigest } from './digest.ts';

export interface Index {
  /** Tag → manifest, as the engine pushed them or as merge.ts made them. */
  manifests: Map<string, Manifest>;
  /** Blobs that travel in the index itself. */
  blobs: Map<Digest, Buffer>;
  /** In the Actions cache: name of an entry → the blobs in it. */
  entries: Record<string, Digest[]>;
  /** What is kept to explain the next build (explain/codec.ts); null: nothing is. */
  record: string | null;
  /** The blobs that the engine asked for in the run that saved this. */
  needed: Digest[];
  /** The commit that was built, or ''. */
  commit: string;
  /** Net seconds of the last runs that saved something, oldest first. */
  nets: number[];
  /** What passed the smoke test last, with what was asked of it, as a digest (smoke.ts); '' where that is not known. */
  smoked: string;
}

/** The index of an image of which nothing was saved. */
export const NOTHING: Index = {
  manifests: new Map(),
  blobs: new Map(),
  entries: {},
  record: null,
  needed: [],
  commit: '',
  nets: [],
  smoked: '',
};

/** A reader takes no other version: what it cannot read it does without. */
const VERSION = 1;

interface Written extends Omit<Index, 'manifests' | 'blobs'> {
  version: number;
  manifests: Record<string, { mediaType: string; content: string }>;
  /** Digest → base64. */
  blobs: Record<Digest, string>;
}

export function writeIndex({ manifests, blobs, ...rest }: Index): string {
  const written: Written = {
    version: VERSION,
    manifests: Object.fromEntries(
      [...manifests].map(([tag, { mediaType, content }]) => [tag, { mediaType, content: content.toString('base64') }]),
    ),
    blobs: Object.fromEntries([...blobs].map(([digest, content]) => [digest, content.toString('base64')])),
    ...rest,
  };
  return JSON.stringify(written);
}

/** The index of a text, or why there is none. A blob in it that is not what its digest says is left out. */
export function readIndex(text: string): { index: Index; reason: null } | { index: null; reason: string } {
  try {
    const { version, manifests, blobs, entries, record, needed, commit, nets, smoked } = JSON.parse(text) as Written;
    if (typeof version === 'number' && version !== VERSION) {
      return { index: null, reason: `its index has version ${version}, not ${VERSION}` };
    }
    const index = {
      manifests: new Map(
        Object.entries(manifests).map(([tag, { mediaType, content }]) => {
          const manifest = { mediaType, content: Buffer.from(content, 'base64') };
          descriptors(manifest);
          return [tag, manifest];
        }),
      ),
      blobs: new Map(
        Object.entries(blobs)
          .map(([digest, content]) => [digest as Digest, Buffer.from(content, 'base64')] as const)
          .filter(([digest, content]) => digestOf(content) === digest),
      ),
      entries: Object.fromEntries(
        Object.entries(entries).map(([name, digests]) => [hexOf(digest(`sha256:${name}`)), digests.map(digest)]),
      ),
      record: typeof record === 'string' ? record : null,
      needed: needed.map(digest),
      commit: String(commit),
      nets: nets.map(Number),
      smoked: typeof smoked === 'string' ? smoked : '',
    };
    return { index, reason: null };
  } catch {
    return { index: null, reason: 'its index is damaged' };
  }
}

function digest(text: string): Digest {
  if (!isDigest(text)) throw new Error('not a digest');
  return text;
}

interface Descriptor {
  digest: Digest;
  size: number;
}

interface Parsed {
  config: Descriptor;
  layers: Descriptor[];
}

/** The blobs that a manifest names: its config and its layers. @throws Error when it is no manifest */
export function descriptors({ content }: Manifest): Parsed {
  const { config, layers } = JSON.parse(content.toString()) as Parsed;
  for (const one of [config, ...layers]) {
    digest(one.digest);
    if (!Number.isSafeInteger(one.size) || one.size < 0) throw new Error('not a manifest');
  }
  return { config, layers };
}

/** All blobs that these manifests name, from the bottom up, with their bytes. */
export function sizesOf(manifests: Iterable<Manifest>): Map<Digest, number> {
  const named = [...manifests].map(descriptors).flatMap(({ config, layers }) => [config, ...layers]);
  return new Map(named.map(({ digest, size }) => [digest, size]));
}
