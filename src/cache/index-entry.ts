// The index of a scope: the manifests that the engine pushed, and the blobs they name. Pure.

import type { Digest, Manifest } from './blobs.ts';

export interface Index {
  /** Tag → manifest. */
  manifests: Map<string, Manifest>;
  /** Seconds that each step took when it last ran: what a hit saves. */
  seconds: Record<string, number>;
}

/** A reader takes no other version: what it cannot read it does without. */
const VERSION = 1;

interface Written {
  version: number;
  manifests: Record<string, { mediaType: string; content: string }>;
  seconds: Record<string, number>;
}

export function writeIndex({ manifests, seconds }: Index): string {
  const written: Written = {
    version: VERSION,
    manifests: Object.fromEntries(
      [...manifests].map(([tag, { mediaType, content }]) => [tag, { mediaType, content: content.toString('base64') }]),
    ),
    seconds,
  };
  return JSON.stringify(written);
}

/** The index of a text, or why there is none. */
export function readIndex(text: string): Index | { reason: string } {
  try {
    const { version, manifests, seconds } = JSON.parse(text) as Written;
    if (typeof version === 'number' && version !== VERSION) {
      return { reason: `its index has version ${version}, not ${VERSION}` };
    }
    const entries = Object.entries(manifests).map(([tag, { mediaType, content }]) => {
      const manifest = { mediaType, content: Buffer.from(content, 'base64') };
      descriptors(manifest);
      return [tag, manifest] as const;
    });
    return { manifests: new Map(entries), seconds: numbers(seconds) };
  } catch {
    return { reason: 'its index is damaged' };
  }
}

function numbers(record: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

interface Descriptor {
  digest: Digest;
  size: number;
}

interface Parsed {
  config: Descriptor;
  layers: Descriptor[];
}

/** The blobs that a manifest names: its config and its layers. */
export function descriptors({ content }: Manifest): Parsed {
  const { config, layers } = JSON.parse(content.toString()) as Parsed;
  for (const { digest, size } of [config, ...layers]) {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest) || !Number.isSafeInteger(size)) throw new Error('not a manifest');
  }
  return { config, layers };
}
