// The layer cache of one job: opens it, says with which flags docker build looks into it, exports what is new, and
// tells how it went. Whatever is wrong with the cache ends in a sentence of the report, never in a failed build.

import { now } from '../host/clock.ts';
import { run } from '../host/process.ts';
import type { CacheReport, Step } from '../report/report.ts';
import { Directory } from './directory.ts';
import { descriptors } from './index-entry.ts';
import { cacheManifest, mergeCaches, type PushedCache } from './merge.ts';
import { type Registry, type RegistryEvent, startRegistry } from './registry.ts';

export interface CacheOptions {
  directory: string;
  /** A name of scope.ts. */
  scope: string;
  mode: 'auto' | 'read-only';
  imageStore: 'containerd' | 'overlay2';
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

/** Tag of the one manifest that docker build imports. It is made of those that were pushed, and not saved itself. */
const OFFER = 'offer';

/**
 * Tags of what was pushed: of the last good build, and of one that failed since. The containerd store pushes one cache
 * for all stages, the graphdriver store an image for each.
 */
const tagOf = (stage: string, whole: boolean): string => `${whole ? WHOLE : PART}${stage}`;
const WHOLE = 'whole.';
const PART = 'part.';
const ALL_STAGES = 'all';

export class LayerCache {
  readonly #options: CacheOptions;
  readonly #directory: Directory;
  readonly #registry: Registry;
  readonly #report: CacheReport;
  /** Is there anything for the engine to look into? */
  #offers: boolean;
  readonly #problems: string[] = [];
  readonly #broken = new AbortController();
  /** Why a push was refused, in our own words: docker only says that something went wrong. */
  #refused: string | null = null;

  private constructor(options: CacheOptions, directory: Directory, registry: Registry, report: CacheReport) {
    this.#options = options;
    this.#directory = directory;
    this.#registry = registry;
    this.#offers = directory.manifests.has(OFFER);
    this.#report = report;
  }

  /**
   * Opens the cache and starts its registry.
   * @throws Error with a sentence when the directory cannot be used
   */
  static async open(options: CacheOptions): Promise<LayerCache> {
    const start = now();
    const { directory, reason } = await Directory.open(options.directory, options.scope);
    const missing = await makeOffer(directory);
    const offers = directory.manifests.has(OFFER);
    const first =
      reason === null ? 'Nothing was saved for this image yet.' : `What was saved cannot be used: ${reason}.`;
    const lost = missing > 0 ? ` ${missing} of its layers were gone.` : '';
    const report: CacheReport = {
      store: 'directory',
      outcome: offers ? 'restored' : 'empty',
      reason: offers ? `Layers of an earlier build were offered to the engine.${lost}` : first,
      bytesFetched: 0,
      bytesStored: 0,
      restoreSeconds: 0,
      saveSeconds: 0,
      netSeconds: 0,
    };
    const events: { take: (event: RegistryEvent) => void } = { take: () => {} };
    const registry = await startRegistry(directory, (event) => events.take(event));
    const cache = new LayerCache(options, directory, registry, report);
    events.take = (event) => cache.#count(event);
    report.restoreSeconds = now() - start;
    return cache;
  }

  /** Flags with which docker build looks into the cache. */
  get importFlags(): string[] {
    return this.#offers ? ['--cache-from', `type=registry,ref=${this.#reference(OFFER)}`] : [];
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
    return this.#offers && (this.#problems.length > 0 || failure.includes(this.#registry.address));
  }

  /** Says that the build was run again without the cache. */
  gaveUp(): void {
    this.#offers = false;
    this.#report.outcome = 'failed';
    this.#report.reason = `The cache failed, so the image was built without it: ${this.#problems[0] ?? 'the engine could not read it'}.`;
  }

  /**
   * Exports what the engine has for a build. Nothing is exported when nothing ran and nothing is missing.
   * @param steps what ran and what was reused
   * @param stages those that the build ran
   * @param whole false for a build that failed: what it did is kept beside what the last good one left
   */
  async save(steps: Step[], stages: StageTarget[], whole: boolean, exportBuild: ExportBuild): Promise<void> {
    const known = this.#directory.secondsOf;
    const key = ({ id, text }: Step) => `${id} ${text}`;
    const reused = steps.filter(({ status }) => status === 'hit');
    const ran = steps.filter(({ status }) => status === 'miss');
    this.#report.netSeconds =
      reused.reduce((sum, step) => sum + (known[key(step)] ?? 0), 0) - this.#report.restoreSeconds;
    if (this.#options.mode === 'read-only') {
      this.#say('Nothing was saved: the cache is read-only.');
      return;
    }
    if (ran.length === 0 && (this.#report.outcome === 'restored' || !whole)) {
      this.#say('Nothing changed, so nothing was saved.');
      return;
    }
    const start = now();
    const containerd = this.#options.imageStore === 'containerd';
    const tags = (containerd ? [ALL_STAGES] : stages.map(({ stage }) => stage)).map((stage) => tagOf(stage, whole));
    const good = [...this.#directory.manifests.keys()].filter((tag) => tag.startsWith(WHOLE));
    const seconds = Object.fromEntries(ran.map((step) => [key(step), step.seconds]));
    try {
      if (containerd) await this.#exportCache(tagOf(ALL_STAGES, whole), exportBuild);
      else await this.#pushStages(ran, stages, whole, exportBuild);
      await this.#directory.save(whole ? tags : [...good, ...tags], { ...known, ...seconds });
      this.#say(whole ? 'The layers of this build were saved.' : 'The layers above the step that failed were saved.');
    } catch (error) {
      const reason = this.#refused ?? (error instanceof Error ? error.message : String(error));
      this.#say(`Nothing was saved: ${reason}.`);
    }
    this.#report.saveSeconds = now() - start;
    this.#report.netSeconds -= this.#report.saveSeconds;
  }

  report(): CacheReport {
    return this.#report;
  }

  close(): Promise<void> {
    return this.#registry.close();
  }

  async #exportCache(tag: string, exportBuild: ExportBuild): Promise<void> {
    const to = `type=registry,ref=${this.#reference(tag)},mode=max,oci-mediatypes=true,image-manifest=true,compression=zstd`;
    await exportBuild([...this.importFlags, '--output', 'type=cacheonly', '--cache-to', to]);
  }

  /**
   * The graphdriver store exports no cache but the one inside an image: so each stage is pushed as one. A stage in which
   * nothing ran is left as it was saved: to push it, the engine would have to fetch its layers first.
   */
  async #pushStages(ran: Step[], stages: StageTarget[], whole: boolean, exportBuild: ExportBuild): Promise<void> {
    const touched = new Set(ran.map(({ stage }) => stage));
    for (const stage of stages) {
      const tag = tagOf(stage.stage, whole);
      if (!touched.has(stage.stage) && (!whole || this.#directory.manifests.has(tag))) continue;
      const reference = this.#reference(tag);
      const target = stage.target === null ? [] : ['--target', stage.target];
      const flags = [...this.importFlags, ...target, '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '--tag', reference];
      await exportBuild(flags);
      const pushed = await run('docker', ['push', '--quiet', reference]);
      await run('docker', ['image', 'rm', '--no-prune', reference]);
      if (pushed.exitCode !== 0) throw new Error(pushed.stderr.trim().split('\n').at(-1) ?? 'docker push failed');
      await keepCacheOnly(this.#directory, tag);
    }
  }

  #reference(tag: string): string {
    return `${this.#registry.address}/${this.#registry.repository}:${tag}`;
  }

  #count(event: RegistryEvent): void {
    if (event.type === 'blob-served') {
      this.#report.bytesFetched += event.bytes;
      this.#report.restoreSeconds += event.seconds;
    }
    if (event.type === 'blob-uploaded') this.#report.bytesStored += event.bytes;
    if (event.type === 'blob-gone') {
      this.#problems.push(event.reason);
      this.#broken.abort();
    }
    if (event.type === 'failed') {
      this.#refused = event.reason.includes('ENOSPC') ? `there is no room in ${this.#options.directory}` : event.reason;
    }
  }

  #say(sentence: string): void {
    this.#report.reason = `${this.#report.reason} ${sentence}`;
  }
}

/**
 * Puts the cache that an image carries in the image's place. What else is in its config stays nowhere: the history there
 * has the values of build arguments.
 */
async function keepCacheOnly(directory: Directory, tag: string): Promise<void> {
  const manifest = directory.manifests.get(tag);
  if (!manifest) return;
  const { digest } = descriptors(manifest).config;
  const { config, layers } = mergeCaches([{ manifest, config: await directory.text(digest) }]);
  directory.put(tag, cacheManifest(await directory.addText(config), layers));
  await directory.drop(digest);
}

/**
 * Makes one cache manifest of all that was pushed, without the layers that cannot be delivered; returns how many those
 * are. BuildKit takes the results it can and builds the rest: cache/remotecache/v1/parse.go, getRemoteChain.
 */
async function makeOffer(directory: Directory): Promise<number> {
  const caches: PushedCache[] = [];
  for (const [tag, manifest] of [...directory.manifests]) {
    const config = await directory.text(descriptors(manifest).config.digest).catch(() => null);
    // Without its config a cache is pushed again, as if it had never been saved.
    if (config === null) directory.forget(tag);
    else caches.push({ manifest, config });
  }
  if (caches.length === 0) return 0;
  const { config, layers } = merged(caches);
  if (layers.length === 0) return 0;
  const sizes = await Promise.all(layers.map(({ digest }) => directory.size(digest)));
  const there = layers.filter(({ size }, at) => sizes[at] === size);
  directory.put(OFFER, cacheManifest(await directory.addText(config), there));
  return layers.length - there.length;
}

/** A config that cannot be read is as good as none: the next save replaces it. */
function merged(caches: PushedCache[]): ReturnType<typeof mergeCaches> {
  try {
    return mergeCaches(caches);
  } catch {
    return { config: '', layers: [] };
  }
}
