// Which blobs go into which new entry of the Actions cache. Pure.

import { createHash } from 'node:crypto';
import type { Digest } from './blobs.ts';
import { hexOf } from './digest.ts';
import type { NewEntry } from './store.ts';

export interface Sized {
  digest: Digest;
  bytes: number;
}

/**
 * New entries for these blobs, at most `most` (3 or more). A blob has one of its own as far as they go, the large ones
 * first: then it is found by its digest, whichever image has it. The others are put into two packs.
 * @param blobs layers from the bottom up, stage by stage: who needs one needs its neighbours
 */
export function planEntries(blobs: Sized[], most: number): NewEntry[] {
  if (blobs.length <= most) return blobs.map((blob) => entryOf([blob]));
  const alone = new Set([...blobs].sort((a, b) => b.bytes - a.bytes).slice(0, most - 2));
  const rest = blobs.filter((blob) => !alone.has(blob));
  const half = sum(rest) / 2;
  const first = rest.filter((_, at) => sum(rest.slice(0, at + 1)) <= half);
  const packs = [first, rest.slice(first.length)].filter((pack) => pack.length > 0);
  return [...[...alone].map((blob) => [blob]), ...packs].map(entryOf);
}

function entryOf(blobs: Sized[]): NewEntry {
  const digests = blobs.map(({ digest }) => digest);
  const all = digests.map(hexOf);
  const name = all.length === 1 ? all.join() : createHash('sha256').update(all.sort().join()).digest('hex');
  return { name, digests, bytes: sum(blobs) };
}

function sum(blobs: Sized[]): number {
  return blobs.reduce((all, { bytes }) => all + bytes, 0);
}
