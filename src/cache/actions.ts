// The layer cache in the Actions cache. Its entries are of two kinds:
//
//   …-SCOPE-VARIANT-TIME-RANDOM   the index of a scope (index-entry.ts), with the small blobs in it. Each save makes a new
//                                 one; the newest that GitHub lets this job read is the one that counts
//   …-blobs-NAME                  a folder with one large blob, whose digest is the name; or a pack of several, named by them all
//
// On this machine it is a folder of the job's own: what was fetched, and what is to be uploaded (upload.ts).

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ActionsCache, cachePermissions } from '../host/actions-cache.ts';
import { now, wallClock } from '../host/clock.ts';
import { bytesOf, makeDirectory, moveFile, readBytes, readText, remove, sha256Of } from '../host/files.ts';
import { messageOf } from '../reason.ts';
import { BlobGone, type Digest } from './blobs.ts';
import { hexOf } from './digest.ts';
import { BlobFolder } from './folder.ts';
import { type Index, readIndex, sizesOf, writeIndex } from './index-entry.ts';
import { planEntries, type Sized } from './pack.ts';
import type { Scope } from './scope.ts';
import type { Store, StoreState, Upload } from './store.ts';

/** The number changes when older entries cannot be read any more. */
const PREFIX = 'cached-docker-build-1';

/** An entry is only found under the path that it was saved with: this is the index's. */
export const INDEX = 'index.json';

export const blobsKey = (name: string): string => `${PREFIX}-blobs-${name}`;

/** Seconds for which the service may be silent while a build waits to know what there is. */
const PATIENCE = 5;

/** Seconds for which nothing may come of a layer that is on its way. */
const SILENCE = 10;

/** Blobs up to so many bytes travel in the index, the smallest first, up to so many bytes in all. */
const SMALL = 256 << 10;
const SMALL_IN_ALL = 4 << 20;

/** New entries of a save: a repository may make 200 in a minute, and a large matrix shares them. */
const MOST_ENTRIES = 8;

export class ActionsStore extends BlobFolder implements Store {
  readonly kind = 'actions';
  /** Why nothing can be saved. */
  refusal: string | null = null;
  readonly #scope: Scope;
  #connection: ActionsCache | null = null;
  /** What keys of this scope's indexes begin with, and of this variant's. */
  readonly #any: string;
  readonly #own: string;
  /** Blobs that can be delivered, and their entries. */
  readonly #remote = new Map<Digest, { entry: string; bytes: number }>();
  /** Entries that are there: their name → the blobs in them. */
  readonly #entries = new Map<string, Digest[]>();
  readonly #restored = new Map<string, Promise<void>>();

  private constructor(folder: string, scope: Scope) {
    super(folder);
    const { name, variant } = scope;
    this.#scope = scope;
    this.#any = `${PREFIX}-${name}-`;
    this.#own = `${this.#any}${variant}-`;
  }

  /**
   * @param folder a new folder of this job's own
   * @throws Error with a sentence when the folder cannot be written to
   */
  static async open(folder: string, scope: Scope): Promise<ActionsStore> {
    await Promise.all(Object.values(places(folder)).map(makeDirectory));
    const store = new ActionsStore(folder, scope);
    await store.make();
    // It takes a moment to start.
    store.#cache();
    return store;
  }

  /** Goes on with a store that was opened by another process. */
  static resume({ path, scope, entries }: StoreState, index: Index): ActionsStore {
    const store = new ActionsStore(path, scope);
    for (const entry of entries) store.#take(entry, index);
    return store;
  }

  async load(): Promise<{ index: Index | null; reason: string | null }> {
    const { read, write } = cachePermissions();
    if (!write) this.refusal = READ_ONLY;
    if (!read) return { index: null, reason: 'this job may not read the cache' };
    const deadline = now() + PATIENCE;
    try {
      if ((await this.#cache().restore(INDEX, this.#own, PATIENCE, this.#any)) === null)
        return { index: null, reason: null };
      const { text } = await readText(join(places(this.path).entries, INDEX));
      const found = readIndex(text ?? '');
      this.bytesFetched += Buffer.byteLength(text ?? '');
      if (found.index) await this.#findEntries(found.index, deadline);
      return found;
    } catch (error) {
      const reason = messageOf(error);
      // A damaged index must be replaced; a service that is down is not asked again.
      const answers = await this.#cache()
        .find(INDEX, this.#any, left(deadline))
        .catch(() => null);
      if (answers === null) this.refusal ??= reason;
      return { index: null, reason };
    }
  }

  override async size(digest: Digest): Promise<number | null> {
    return this.#remote.get(digest)?.bytes ?? super.size(digest);
  }

  async save(index: Index): Promise<Upload> {
    const entries: Index['entries'] = {};
    const here: Sized[] = [];
    for (const digest of sizesOf(index.manifests.values()).keys()) {
      if (index.blobs.has(digest)) continue;
      const remote = this.#remote.get(digest);
      const bytes = await super.size(digest);
      if (remote) entries[remote.entry] = this.#entries.get(remote.entry) ?? [];
      else if (bytes !== null) here.push({ digest, bytes });
    }
    const small = smallest(here);
    const blobs = new Map(index.blobs);
    for (const { digest } of small) blobs.set(digest, await readBytes(this.blob(digest)));
    const planned = planEntries(
      here.filter((blob) => !small.includes(blob)),
      MOST_ENTRIES - 1,
    );
    for (const { name, digests } of planned) entries[name] = digests;
    return {
      folder: this.path,
      key: `${this.#own}${wallClock()}-${randomBytes(4).toString('hex')}`,
      index: writeIndex({ ...index, blobs, entries }),
      entries: planned,
    };
  }

  state(): StoreState {
    return { kind: this.kind, path: this.path, scope: this.#scope, entries: [...this.#entries.keys()] };
  }

  async close(goesOn: boolean): Promise<void> {
    this.#connection?.close();
    if (!goesOn) await remove(this.path);
  }

  protected override async fetch(digest: Digest): Promise<string> {
    const entry = this.#remote.get(digest)?.entry;
    if (entry === undefined) throw new BlobGone(digest, 'it is not in the cache');
    const restored = this.#restored.get(entry) ?? this.#restore(entry);
    this.#restored.set(entry, restored);
    await restored.catch((error) => {
      throw new BlobGone(digest, messageOf(error));
    });
    if ((await super.size(digest)) === null) throw new BlobGone(digest, 'what came from the cache is damaged');
    return this.blob(digest);
  }

  #cache(): ActionsCache {
    this.#connection ??= connect(this.path);
    return this.#connection;
  }

  /** Asks for all entries of an index at once: those that were evicted must not be offered. */
  async #findEntries(index: Index, deadline: number): Promise<void> {
    await Promise.all(
      Object.keys(index.entries).map(async (entry) => {
        const key = blobsKey(entry);
        if ((await this.#cache().find(entry, key, left(deadline))) === key) this.#take(entry, index);
      }),
    );
  }

  /** Notes an entry that is there. */
  #take(entry: string, { manifests, entries }: Index): void {
    const sizes = sizesOf(manifests.values());
    const digests = entries[entry] ?? [];
    this.#entries.set(entry, digests);
    for (const digest of digests) this.#remote.set(digest, { entry, bytes: sizes.get(digest) ?? 0 });
  }

  /** Brings the blobs of an entry here; one that is not what its digest says stays away. */
  async #restore(entry: string): Promise<void> {
    const digests = this.#entries.get(entry) ?? [];
    const key = blobsKey(entry);
    if ((await this.#cache().restore(entry, key, SILENCE)) !== key) throw new Error('its entry was evicted');
    for (const digest of digests) {
      const file = join(places(this.path).entries, entry, hexOf(digest));
      if ((await sha256Of(file).catch(() => null)) !== hexOf(digest)) continue;
      this.fetched((await bytesOf(file)) ?? 0);
      await moveFile(file, this.blob(digest));
    }
  }
}

/** Seconds until then; one at least, so that a late index is still of use. */
const left = (deadline: number): number => Math.max(1, deadline - now());

const READ_ONLY = 'this job may read the cache, but not write it, as is usual for workflows that others can trigger';

/** Where entries are in a job's folder, and their archives on the way. */
export function places(folder: string): { entries: string; archives: string } {
  return { entries: join(folder, 'entries'), archives: join(folder, 'archives') };
}

/** Speaks with the service for a job's folder. */
export function connect(folder: string): ActionsCache {
  const { entries, archives } = places(folder);
  return new ActionsCache(entries, archives);
}

function smallest(blobs: Sized[]): Sized[] {
  let left = SMALL_IN_ALL;
  return [...blobs]
    .sort((a, b) => a.bytes - b.bytes)
    .filter(({ bytes }) => {
      left -= bytes;
      return bytes <= SMALL && left >= 0;
    });
}
