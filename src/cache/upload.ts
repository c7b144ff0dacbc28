// Brings what a job saved into the Actions cache: first the blobs, then the index that names those which are there.

import { join } from 'node:path';
import type { ActionsCache } from '../host/actions-cache.ts';
import { now } from '../host/clock.ts';
import { linkFile, writeText } from '../host/files.ts';
import { messageOf } from '../reason.ts';
import { blobsKey, connect, INDEX, places } from './actions.ts';
import { hexOf } from './digest.ts';
import { BlobFolder } from './folder.ts';
import { readIndex, writeIndex } from './index-entry.ts';
import type { NewEntry, Upload, Uploaded } from './store.ts';

/** Seconds that so many bytes may take in all. Hosted runners need a tenth of it. */
const patienceFor = (bytes: number): number => 10 + bytes / 4e6;

/** Carries out an upload. Whatever goes wrong is in what it returns. */
export async function carryOut({ folder, key, index: text, entries }: Upload): Promise<Uploaded> {
  const start = now();
  const patience = patienceFor(entries.reduce((all, { bytes }) => all + bytes, 0));
  const cache = connect(folder);
  const done: Uploaded = { entries: 0, bytes: 0, seconds: 0, problem: null };
  const made = (bytes: number) => {
    done.entries += 1;
    done.bytes += bytes;
  };
  try {
    const there = await Promise.all(
      entries.map(async (entry) => {
        try {
          if (await saveEntry(cache, folder, entry, patience)) made(entry.bytes);
          return true;
        } catch (error) {
          done.problem ??= messageOf(error);
          return false;
        }
      }),
    );
    const { index } = readIndex(text);
    // An index without anything new would only hide the one that is there.
    if (index && (entries.length === 0 || there.includes(true))) {
      for (const [at, { name }] of entries.entries()) if (!there[at]) delete index.entries[name];
      const written = writeIndex(index);
      await writeText(join(places(folder).entries, INDEX), written);
      if (await cache.save(INDEX, key, patienceFor(written.length))) made(Buffer.byteLength(written));
    }
  } catch (error) {
    done.problem ??= messageOf(error);
  }
  cache.close();
  done.seconds = now() - start;
  return done;
}

/**
 * Whether this job made it. Another image, or another job, may have brought the same; one that is still at it is trusted to
 * end well, for two jobs that take each other's entries for lost would leave two indexes that name half of the layers.
 * Whoever reads an index looks whether its entries are there.
 * @throws ServiceFailed
 */
async function saveEntry(
  cache: ActionsCache,
  folder: string,
  { name, digests }: NewEntry,
  patience: number,
): Promise<boolean> {
  const key = blobsKey(name);
  if ((await cache.find(name, key, patienceFor(0))) === key) return false;
  const blobs = new BlobFolder(folder);
  for (const digest of digests) await linkFile(blobs.blob(digest), join(places(folder).entries, name, hexOf(digest)));
  return cache.save(name, key, patience);
}
