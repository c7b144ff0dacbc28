// The layer cache of one job: opens it, says with which flags docker build looks into it, exports what is new, and
// tells how it went. Whatever is wrong with the cache ends in a sentence of the report, never in a failed build.

import { Stopwatch } from '../host/clock.ts';
import { run } from '../host/process.ts';
import { messageOf } from '../reason.ts';
import type { CacheReport, Step } from '../report/report.ts';
import type { Digest } from './blobs.ts';
import { Contents, OFFER } from './contents.ts';
import { type Index, sizesOf } from './index-entry.ts';
import { type Registry, type RegistryEvent, startRegistry } from './registry.ts';
import type { Store, Upload } from './store.ts';

export interface CacheOptions {
  mode: 'auto' | 'always' | 'read-only';
  /** The commit that is built, or '': one that was built before needs nothing in advance. */
  commit: string;
}

/** A build that was run, and what it takes to run it once more. */
export interface Built {
  /** What ran and what was reused. */
  steps: Step[];
  /** The stages that it ran. */
  stages: StageTarget[];
  /** False for a build that failed: what it did is kept beside what the last good one left. */
  whole: boolean;
  imageStore: 'containerd' | 'overlay2';
  exportBuild: ExportBuild;
}

/** A stage whose image carries the cache of its steps, on engines that export no other cache. */
export interface StageTarget {
  /** Its name in the report's steps. */
  stage: string;
  /** `--target` of docker build; null for what is built by default. */
  target: string | null;
}

/** Runs docker build once more, with these flags and no tag. @throws Error with docker's reason */
export type ExportBuild = (flags: string[]) => Promise<void>;

/**
 * Tags of what was pushed: of the last good build, and of one that failed since. The containerd store pushes one cache
 * for all stages, the graphdriver store an image for each.
 */
const tagOf = (stage: string, whole: boolean): string => `${whole ? WHOLE : PART}${stage}`;
const WHOLE = 'whole.';
const PART = 'part.';
const ALL_STAGES = 'all';

/** After so many runs that cost more than they saved, nothing is saved until one pays. */
const LOSSES = 3;

const NOTHING: Index = {
  manifests: new Map(),
  blobs: new Map(),
  entries: {},
  seconds: {},
  needed: [],
  commit: '',
  nets: [],
};

export class LayerCache {
  readonly #options: CacheOptions;
  readonly #store: Store;
  readonly #contents: Contents;
  readonly #registry: Registry;
  readonly #report: CacheReport;
  readonly #ready: Promise<void>;
  readonly #broken = new AbortController();
  /** What the last save left. */
  #index = NOTHING;
  /** Is the engine to look into the cache? */
  #open = true;
  #problem: string | null = null;
  /** Why a push was refused, in our own words: docker only says that something went wrong. */
  #refused: string | null = null;

  private constructor(store: Store, contents: Contents, registry: Registry, options: CacheOptions) {
    this.#options = options;
    this.#store = store;
    this.#contents = contents;
    this.#registry = registry;
    this.#report = {
      store: store.kind,
      outcome: 'empty',
      reason: '',
      bytesFetched: 0,
      bytesStored: 0,
      restoreSeconds: 0,
      saveSeconds: 0,
      netSeconds: 0,
    };
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
    return this.#open ? ['--cache-from', `type=registry,ref=${this.#reference(OFFER)}`] : [];
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

  /**
   * Exports what the engine has for a build. Nothing is exported when nothing ran and nothing is missing.
   * @returns what is still to be uploaded, if anything is
   */
  async save(built: Built): Promise<Upload | null> {
    await this.#ready;
    const { steps, whole } = built;
    const known = this.#index.seconds;
    const ran = steps.filter(({ status }) => status === 'miss');
    const reused = steps.filter(({ status }) => status === 'hit').map((step) => known[keyOf(step)] ?? 0);
    const needed = this.#contents.asked;
    this.#report.restoreSeconds = this.#contents.waiting.seconds;
    this.#report.netSeconds = sum(reused) - this.#report.restoreSeconds;
    const why = this.#reasonNotToSave(ran, whole);
    if (why !== null) {
      this.#say(why);
      // What was fetched in advance and nobody wanted need not arrive any more.
      await this.#store.close();
      return null;
    }
    const saving = new Stopwatch();
    try {
      return await saving.during(this.#export(built, ran, needed, saving));
    } catch (error) {
      const reason = this.#refused ?? messageOf(error);
      this.#say(`Nothing was saved: ${reason}.`);
      return null;
    } finally {
      this.#report.saveSeconds = saving.seconds;
      this.#report.netSeconds -= saving.seconds;
    }
  }

  /** Takes down what became of an upload, as far as it is known. */
  uploaded(bytes: number, sentence: string): void {
    this.#report.bytesStored = bytes;
    this.#say(sentence);
  }

  report(): CacheReport {
    return { ...this.#report, bytesFetched: this.#store.bytesFetched };
  }

  async close(): Promise<void> {
    await this.#registry.close();
    await this.#store.close();
  }

  async #load(): Promise<void> {
    const { index, reason } = await this.#store.load();
    if (index) {
      this.#index = index;
      this.#contents.fill(index);
    }
    const { offered, gone } = await this.#contents.makeOffer();
    if (offered.length > 0) {
      this.#report.outcome = 'restored';
      this.#say(
        `Layers of an earlier build were offered to the engine.${gone > 0 ? ` ${gone} of its layers were gone.` : ''}`,
      );
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

  #reasonNotToSave(ran: Step[], whole: boolean): string | null {
    const { outcome, netSeconds } = this.#report;
    const { mode } = this.#options;
    const { nets } = this.#index;
    const { refusal } = this.#store;
    if (mode === 'read-only') return 'Nothing was saved: the cache is read-only.';
    if (ran.length === 0 && (outcome === 'restored' || !whole)) return 'Nothing changed, so nothing was saved.';
    if (refusal !== null)
      return this.#report.reason.includes(refusal)
        ? 'Nothing was saved either; the next run tries again.'
        : `Nothing was saved: ${refusal}.`;
    const lost = nets.slice(-LOSSES).every((net) => net < 0) && nets.length >= LOSSES;
    if (mode !== 'always' && outcome === 'restored' && lost && netSeconds < 0) {
      return `Nothing was saved: the last ${LOSSES} times it cost more time than it saved. With cache: always it is saved all the same.`;
    }
    return null;
  }

  async #export(built: Built, ran: Step[], needed: Digest[], saving: Stopwatch): Promise<Upload | null> {
    const { imageStore, stages, whole } = built;
    const containerd = imageStore === 'containerd';
    const good = [...this.#contents.manifests.keys()].filter((tag) => tag.startsWith(WHOLE));
    const own = (containerd ? [ALL_STAGES] : stages.map(({ stage }) => stage)).map((stage) => tagOf(stage, whole));
    if (containerd) await this.#exportCache(tagOf(ALL_STAGES, whole), built.exportBuild);
    else await this.#pushStages(built, ran);
    const tags = whole ? own : [...good, ...own];
    const manifests = new Map([...this.#contents.manifests].filter(([tag]) => tags.includes(tag)));
    const named = sizesOf(manifests.values());
    const upload = await this.#store.save({
      manifests,
      blobs: new Map([...this.#contents.small].filter(([digest]) => named.has(digest))),
      entries: {},
      seconds: this.#secondsOf(built),
      needed: needed.filter((digest) => named.has(digest)),
      commit: this.#options.commit,
      nets: [...this.#index.nets, this.#report.netSeconds - saving.seconds].slice(-LOSSES),
    });
    if (upload === null)
      this.#say(whole ? 'The layers of this build were saved.' : 'The layers above the step that failed were saved.');
    return upload;
  }

  /** What each step takes when it runs: as measured now, or the last time. */
  #secondsOf({ steps, whole }: Built): Record<string, number> {
    const known = this.#index.seconds;
    const now = steps.flatMap((step) => {
      const seconds = step.status === 'miss' ? step.seconds : known[keyOf(step)];
      return seconds === undefined ? [] : [[keyOf(step), seconds] as const];
    });
    return { ...(whole ? {} : known), ...Object.fromEntries(now) };
  }

  async #exportCache(tag: string, exportBuild: ExportBuild): Promise<void> {
    const to = `type=registry,ref=${this.#reference(tag)},mode=max,oci-mediatypes=true,image-manifest=true,${ZSTD}`;
    await exportBuild([...this.importFlags, '--output', 'type=cacheonly', '--cache-to', to]);
    await this.#contents.keepCacheOnly(tag);
  }

  /**
   * The graphdriver store exports no cache but the one inside an image: so each stage is pushed as one. A stage in which
   * nothing ran is left as it was saved: to push it, the engine would have to fetch its layers first.
   */
  async #pushStages({ stages, whole, exportBuild }: Built, ran: Step[]): Promise<void> {
    const touched = new Set(ran.map(({ stage }) => stage));
    for (const stage of stages) {
      const tag = tagOf(stage.stage, whole);
      if (!touched.has(stage.stage) && (!whole || this.#contents.manifests.has(tag))) continue;
      const reference = this.#reference(tag);
      const target = stage.target === null ? [] : ['--target', stage.target];
      const flags = [...this.importFlags, ...target, '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '--tag', reference];
      await exportBuild(flags);
      const pushed = await run('docker', ['push', '--quiet', reference]);
      await run('docker', ['image', 'rm', '--no-prune', reference]);
      if (pushed.exitCode !== 0) throw new Error(pushed.stderr.trim().split('\n').at(-1) ?? 'docker push failed');
      await this.#contents.keepCacheOnly(tag);
    }
  }

  #reference(tag: string): string {
    return `${this.#registry.address}/${this.#registry.repository}:${tag}`;
  }

  #notice(event: RegistryEvent): void {
    if (event.type === 'blob-uploaded') this.#report.bytesStored += event.bytes;
    if (event.type === 'blob-gone') {
      this.#problem ??= event.reason;
      this.#broken.abort();
    }
    if (event.type === 'failed') {
      this.#refused = event.reason.includes('ENOSPC') ? 'there is no room left on the disk' : event.reason;
    }
  }

  #say(sentence: string): void {
    this.#report.reason = `${this.#report.reason} ${sentence}`.trim();
  }
}

/** Layers that leave a machine are compressed fast: https://github.com/facebook/zstd, level 1 of 22. */
export const ZSTD = 'compression=zstd,compression-level=1';

/** A step, as the next run will know it again. */
function keyOf({ id, text }: Step): string {
  return `${id} ${text}`;
}

const sum = (numbers: number[]): number => numbers.reduce((all, number) => all + number, 0);
