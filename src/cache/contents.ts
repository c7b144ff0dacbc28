// What the registry serves in one job: manifests and small blobs in memory, and the store behind them.

import { Stopwatch } from '../host/clock.ts';
import { readText } from '../host/files.ts';
import { BlobGone, type Blobs, type Digest, type Manifest } from './blobs.ts';
import { digestOf } from './digest.ts';
import { descriptors, type Index } from './index-entry.ts';
import { cacheManifest, mergeCaches, type PushedCache } from './merge.ts';
import type { Store } from './store.ts';

/** Tag of the one manifest that docker build imports. It is made of those that were pushed, and not saved itself. */
export const OFFER = 'offer';

export class Contents implements Blobs {
  readonly #store: Store;
  readonly #manifests = new Map<string, Manifest>();
  readonly #blobs = new Map<Digest, Buffer>();
  readonly #asked = new Set<Digest>();
  /** Runs while a client waits for what is not here yet. */
  readonly waiting = new Stopwatch();
  /** Until it is fulfilled, nobody knows what there is. */
  #filled: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Who asks for a manifest waits until `filling` is through. */
  waitFor(filling: Promise<unknown>): void {
    this.#filled = filling;
  }

  fill({ manifests, blobs }: Index): void {
    for (const [tag, manifest] of manifests) this.#manifests.set(tag, manifest);
    for (const [digest, content] of blobs) this.#blobs.set(digest, content);
  }

  /** Tag → manifest: of the last save, and of this run once they are pushed. */
  get manifests(): ReadonlyMap<string, Manifest> {
    return this.#manifests;
  }

  /** Blobs in memory. */
  get small(): ReadonlyMap<Digest, Buffer> {
    return this.#blobs;
  }

  /** Blobs that a client has asked for. */
  get asked(): Digest[] {
    return [...this.#asked];
  }

  async size(digest: Digest): Promise<number | null> {
    return this.#blobs.get(digest)?.length ?? this.#store.size(digest);
  }

  read(digest: Digest): Promise<Buffer | string> {
    this.#asked.add(digest);
    return this.waiting.during(this.#content(digest));
  }

  /** Fetches a blob before anybody asks. What goes wrong is told to who does. */
  prefetch(digest: Digest): void {
    this.#content(digest).catch(() => undefined);
  }

  scratch(): string {
    return this.#store.scratch();
  }

  add(digest: Digest, file: string, bytes: number): Promise<void> {
    return this.#store.add(digest, file, bytes);
  }

  async manifest(reference: string): Promise<Manifest | null> {
    await this.waiting.during(this.#filled);
    const named = this.#manifests.get(reference);
    return named ?? [...this.#manifests.values()].find(({ content }) => digestOf(content) === reference) ?? null;
  }

  async addManifest(digest: Digest, tag: string | null, manifest: Manifest): Promise<void> {
    this.#manifests.set(tag ?? digest, manifest);
  }

  /**
   * Makes one cache manifest of all that was pushed, without the layers that cannot be delivered. BuildKit takes the
   * results it can and builds the rest: cache/remotecache/v1/parse.go, getRemoteChain.
   * @returns the layers that it offers, and how many are gone
   */
  async makeOffer(): Promise<{ offered: Digest[]; gone: number }> {
    const caches: PushedCache[] = [];
    for (const [tag, manifest] of [...this.#manifests]) {
      const config = await this.#text(descriptors(manifest).config.digest).catch(() => null);
      // Without its config a cache is pushed again, as if it had never been saved.
      if (config === null) this.#manifests.delete(tag);
      else caches.push({ manifest, config });
    }
    const { config, layers } = merged(caches);
    const sizes = await Promise.all(layers.map(({ digest }) => this.size(digest)));
    const there = layers.filter(({ size }, at) => sizes[at] === size);
    this.#manifests.set(OFFER, cacheManifest(this.#addSmall(config), there));
    return { offered: there.map(({ digest }) => digest), gone: layers.length - there.length };
  }

  /**
   * Puts the cache that was pushed, or that a pushed image carries, in the place of what was pushed, with its config in
   * memory. What else is in the config of an image stays nowhere: the history there has the values of build arguments.
   */
  async keepCacheOnly(tag: string): Promise<void> {
    const manifest = this.#manifests.get(tag);
    if (!manifest) return;
    const { digest } = descriptors(manifest).config;
    const { config, layers } = mergeCaches([{ manifest, config: await this.#text(digest) }]);
    this.#manifests.set(tag, cacheManifest(this.#addSmall(config), layers));
    await this.#store.drop(digest);
  }

  #addSmall(text: string): { digest: Digest; size: number } {
    const content = Buffer.from(text);
    const digest = digestOf(content);
    this.#blobs.set(digest, content);
    return { digest, size: content.length };
  }

  async #content(digest: Digest): Promise<Buffer | string> {
    return this.#blobs.get(digest) ?? this.#store.file(digest);
  }

  async #text(digest: Digest): Promise<string> {
    const content = await this.#content(digest);
    if (Buffer.isBuffer(content)) return content.toString();
    const { text } = await readText(content);
    if (text === null) throw new BlobGone(digest, 'its file is gone');
    return text;
  }
}

/** A config that cannot be read is as good as none: the next save replaces it. */
function merged(caches: PushedCache[]): ReturnType<typeof mergeCaches> {
  try {
    return mergeCaches(caches);
  } catch {
    return mergeCaches([]);
  }
}
