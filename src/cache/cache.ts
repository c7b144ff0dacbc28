// The layer cache of one job, while it builds: opens it, says with which flags docker build looks into it, and tells how
// it went. Whatever is wrong with the cache ends in a sentence of the report, never in a failed build.

import { messageOf } from '../reason.ts';
import { type BuildReport, type CacheReport, NO_FIGURES, type Step } from '../report/report.ts';
import type { Digest } from './blobs.ts';
import { Contents, OFFER } from './contents.ts';
import { type Index, NOTHING, sizesOf, writeIndex } from './index-entry.ts';
import { type Registry, type RegistryEvent, referenceIn, startRegistry } from './registry.ts';
import type { Kept, Saving } from './save.ts';
import type { Saved, Store } from './store.ts';

export interface CacheOptions {
  mode: 'auto' | 'always' | 'read-only';
  /** The commit that is built, or '': one that was built before needs nothing in advance. */
  commit: string;
}

/** After so many runs that cost more than they saved, nothing is saved until one pays. */
const LOSSES = 3;

export class LayerCache {
  readonly #options: CacheOptions;
  readonly #store: Store;
  readonly #contents: Contents;
  readonly #registry: Registry;
  readonly #report: CacheReport;
  readonly #ready: Promise<void>;
  readonly #broken = new AbortController();
  /** What the last save left. */
  #index: Index = NOTHING;
  /** Why that cannot be read, if it cannot. */
  #unreadable: string | null = null;
  /** How many of the layers that were saved are there no more. */
  gone = 0;
  /** Is the engine to look into the cache? */
  #open = true;
  #problem: string | null = null;

  private constructor(store: Store, contents: Contents, registry: Registry, options: CacheOptions) {
    this.#options = options;
    this.#store = store;
    this.#contents = contents;
    this.#registry = registry;
    this.#report = { store: store.kind, outcome: 'empty', reason: '', ...NO_FIGURES };
    this.#ready = this.#load().catch((error) => this.#say(`The cache cannot be used: ${messageOf(error)}.`));
    contents.waitFor(this.#ready);
  }

  /**
   * Starts the registry, and to look into the store. An engine that asks before that is done is held up: a build has
   * other things to do first.
   */
  static async open(store: Store, options: CacheOptions): Promise<LayerCache> {
    const contents = new Contents(store);
    const events: { take: (event: RegistryEvent) => void } = { take: () => {} };
    const registry = await startRegistry(contents, (event) => events.take(event));
    const cache = new LayerCache(store, contents, registry, options);
    events.take = (event) => cache.#notice(event);
    return cache;
  }

  /** Flags with which docker build looks into the cache. */
  get importFlags(): string[] {
    return this.#open ? ['--cache-from', `type=registry,ref=${referenceIn(this.#registry, OFFER)}`] : [];
  }

  /**
   * Fires when the engine was promised something that cannot be delivered. Its build would fail after all, but only when
   * it has tried again for long (the graphdriver store: for 50 s).
   */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Did this failure come from the cache? Then the build is to be run again without it. */
  isToBlame(failure: string): boolean {
    return this.#open && (this.#problem !== null || failure.includes(this.#registry.address));
  }

  /** Says that the build was run again without the cache. */
  gaveUp(): void {
    this.#open = false;
    this.#report.outcome = 'failed';
    this.#report.reason = `The cache failed, so the image was built without it: ${this.#problem ?? 'the engine could not read it'}.`;
  }

  /** What passed the smoke test last, as the last save left it; ''. */
  async smoked(): Promise<string> {
    await this.#ready;
    return this.#index.smoked;
  }

  /**
   * Ends the job's part in the cache, once it has built.
   * @param whole false for a build that failed
   * @param kept what the next run is to know of this one
   * @returns what it takes to save the layers; null when there is nothing to save, or it is not to be
   */
  async handOver({ steps, savedSeconds }: BuildReport, whole: boolean, kept: Kept): Promise<Saving | null> {
    await this.#ready;
    const needed = this.#contents.asked;
    this.#report.restoreSeconds = this.#contents.waiting.seconds;
    this.#report.netSeconds = savedSeconds - this.#report.restoreSeconds;
    const why = this.#reasonNotToSave(steps, whole);
    await this.#registry.close();
    // What was fetched in advance and nobody wanted need not arrive any more.
    await this.#store.close(why === null);
    if (why !== null) {
      this.#say(why);
      return null;
    }
    return {
      ...{ steps, whole, needed, ...kept, offer: this.#open },
      store: this.#store.state(),
      index: writeIndex(this.#index),
      commit: this.#options.commit,
      nets: [...this.#index.nets, this.#report.netSeconds].slice(-LOSSES),
    };
  }

  /**
   * Takes down what became of what was handed over.
   * @param seconds for which the job waited
   */
  saved({ bytes, sentence }: Saved, seconds: number): void {
    this.#report.bytesStored = bytes;
    this.#report.saveSeconds = seconds;
    this.#report.netSeconds -= seconds;
    this.#say(sentence);
  }

  report(): CacheReport {
    return { ...this.#report, bytesFetched: this.#store.bytesFetched };
  }

  /** Bytes of what was saved, by digest. */
  sizes(): ReadonlyMap<string, number> {
    return sizesOf(this.#index.manifests.values());
  }

  /** What the last build left to explain this one; null where nothing was saved yet, unless a reason says that it was. */
  async last(): Promise<{ record: string | null; reason: string | null }> {
    await this.#ready;
    const older = this.#index !== NOTHING && this.#index.record === null;
    return { record: this.#index.record, reason: older ? 'it was saved without a record' : this.#unreadable };
  }

  /** Ends a cache of which nothing is to be saved. */
  async close(): Promise<void> {
    await this.#registry.close();
    await this.#store.close(false);
  }

  async #load(): Promise<void> {
    const { index, reason } = await this.#store.load();
    if (index) {
      this.#index = index;
      this.#contents.fill(index);
    }
    this.#unreadable = reason;
    const { offered, gone } = await this.#contents.makeOffer();
    this.gone = gone;
    if (offered.length > 0) {
      this.#report.outcome = 'restored';
      if (gone > 0) this.#say(`${gone} of the layers that were saved ${gone === 1 ? 'was' : 'were'} gone.`);
      // Of a commit that was built before, the engine finds the results and needs nothing below them.
      if (this.#index.commit !== this.#options.commit || this.#options.commit === '') this.#prefetch(offered);
    } else {
      this.#say(
        reason === null ? 'Nothing was saved for this image yet.' : `What was saved cannot be used: ${reason}.`,
      );
    }
  }

  /** What the last run needed is on its way before the engine asks. What fails is told when it does. */
  #prefetch(offered: Digest[]): void {
    const needed = this.#index.needed.filter((digest) => offered.includes(digest));
    for (const digest of needed) this.#contents.prefetch(digest);
  }

  #reasonNotToSave(steps: Step[], whole: boolean): string | null {
    const { outcome, netSeconds } = this.#report;
    const { mode } = this.#options;
    const { nets } = this.#index;
    const { refusal } = this.#store;
    if (mode === 'read-only') return 'Nothing was saved: the cache is read-only.';
    const ran = steps.some(({ status }) => status === 'miss');
    if (!ran && (outcome === 'restored' || !whole)) return 'Nothing changed, so nothing was saved.';
    if (refusal !== null) {
      const known = this.#report.reason.includes(refusal);
      return known ? 'Nothing was saved either; the next run tries again.' : `Nothing was saved: ${refusal}.`;
    }
    const lost = nets.slice(-LOSSES).every((net) => net < 0) && nets.length >= LOSSES;
    if (mode !== 'always' && outcome === 'restored' && lost && netSeconds < 0) {
      return `Nothing was saved: the last ${LOSSES} times it cost more time than it saved. With cache: always it is saved all the same.`;
    }
    return null;
  }

  #notice(event: RegistryEvent): void {
    if (event.type !== 'blob-gone') return;
    this.#problem ??= event.reason;
    this.#broken.abort();
  }

  #say(sentence: string): void {
    this.#report.reason = `${this.#report.reason} ${sentence}`.trim();
  }
}
