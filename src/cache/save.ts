// What is kept of a build: exported by the engine into a registry of ours, and put into the store. It needs nothing of the
// job but data, and so can go on in a process of its own while the job does other things.

import { now } from '../host/clock.ts';
import { run } from '../host/process.ts';
import type { Step } from '../report/report.ts';
import type { Digest } from './blobs.ts';
import { Contents, OFFER } from './contents.ts';
import { NOTHING, readIndex, sizesOf } from './index-entry.ts';
import { type Registry, referenceIn, startRegistry } from './registry.ts';
import type { Store, StoreState, Upload } from './store.ts';

/** What a job hands over. */
export interface Saving {
  store: StoreState;
  /** Text of the index that the job started with. */
  index: string;
  /** Whether the engine may look into what that names: not when it failed to deliver. */
  offer: boolean;
  /** What ran and what was reused. */
  steps: Step[];
  /** False for a build that failed: what it did is kept beside what the last good one left. */
  whole: boolean;
  /** What the engine asked for. */
  needed: Digest[];
  commit: string;
  /** What is kept to explain the next build. */
  record: string;
  /** Net seconds of the last runs; of this one without saving. */
  nets: number[];
  /** What passed the smoke test, or ''. */
  smoked: string;
}

/** What was built. */
export interface Built {
  imageStore: 'containerd' | 'overlay2';
  /** The stages that it ran. */
  stages: StageTarget[];
  exportBuild: ExportBuild;
}

/** A stage whose image carries the cache of its steps, on engines that export no other cache. */
export interface StageTarget {
  /** Its name in the report's steps. */
  stage: string;
  /** `--target` of docker build; null for what is built by default. */
  target: string | null;
}

/**
 * Runs docker build once more, with these flags and no tag. `solved` is called when all steps were found in the engine's
 * cache, and only the export is left.
 * @throws Error with docker's reason
 */
export type ExportBuild = (flags: string[], solved?: () => void) => Promise<void>;

/** Layers that nobody else will read are compressed fast: level 1 of zstd's 22. */
export const ZSTD = 'compression=zstd,compression-level=1';

/**
 * Tags of what was pushed: of the last good build, and of one that failed since. The containerd store pushes one cache
 * for all stages, the graphdriver store an image for each.
 */
const tagOf = (stage: string, whole: boolean): string => `${whole ? WHOLE : PART}${stage}`;
const WHOLE = 'whole.';
const PART = 'part.';
const ALL_STAGES = 'all';

/**
 * Exports what the engine has of a build, and saves it.
 * @param solved called when the build context is not needed any more
 * @returns what is still to be uploaded, if anything is
 * @throws Error with a clause that says why nothing was saved
 */
export async function exportLayers(
  saving: Saving,
  store: Store,
  built: Built,
  solved: () => void,
): Promise<Upload | null> {
  const start = now();
  const contents = new Contents(store);
  const index = readIndex(saving.index).index ?? NOTHING;
  contents.fill(index);
  await contents.makeOffer();
  let refused: string | null = null;
  const registry = await startRegistry(contents, (event) => {
    // docker only says that something went wrong.
    if (event.type === 'failed') {
      refused = event.reason.includes('ENOSPC') ? 'there is no room left on the disk' : event.reason;
    }
  });
  let waited = 0;
  const free = () => {
    waited = now() - start;
    solved();
  };
  try {
    const tags = await new Exporter(saving, contents, registry, built).run(free);
    const manifests = new Map([...contents.manifests].filter(([tag]) => tags.includes(tag)));
    const named = sizesOf(manifests.values());
    const { nets, needed, commit, record, smoked } = saving;
    return await store.save({
      manifests,
      blobs: new Map([...contents.small].filter(([digest]) => named.has(digest))),
      entries: {},
      record,
      needed: needed.filter((digest) => named.has(digest)),
      commit,
      nets: [...nets.slice(0, -1), (nets.at(-1) ?? 0) - waited],
      smoked: smoked || index.smoked,
    });
  } catch (error) {
    throw refused === null ? error : new Error(refused);
  } finally {
    await registry.close();
  }
}

class Exporter {
  readonly #saving: Saving;
  readonly #contents: Contents;
  readonly #registry: Registry;
  readonly #built: Built;

  constructor(saving: Saving, contents: Contents, registry: Registry, built: Built) {
    this.#saving = saving;
    this.#contents = contents;
    this.#registry = registry;
    this.#built = built;
  }

  /** Returns the tags that are to be kept. */
  async run(solved: () => void): Promise<string[]> {
    const { whole } = this.#saving;
    const good = [...this.#contents.manifests.keys()].filter((tag) => tag.startsWith(WHOLE));
    const containerd = this.#built.imageStore === 'containerd';
    const own = containerd ? await this.#exportCache(solved) : await this.#pushStages(solved);
    return whole ? own : [...good, ...own];
  }

  async #exportCache(solved: () => void): Promise<string[]> {
    const tag = tagOf(ALL_STAGES, this.#saving.whole);
    const to = `type=registry,ref=${this.#reference(tag)},mode=max,oci-mediatypes=true,image-manifest=true,${ZSTD}`;
    await this.#built.exportBuild([...this.#importFlags, '--output', 'type=cacheonly', '--cache-to', to], solved);
    await this.#contents.keepCacheOnly(tag);
    return [tag];
  }

  /**
   * The graphdriver store exports no cache but the one inside an image: so each stage is pushed as one. A stage in which
   * nothing ran is left as it was saved: to push it, the engine would have to fetch its layers first.
   */
  async #pushStages(solved: () => void): Promise<string[]> {
    const { whole, steps } = this.#saving;
    const { stages, exportBuild } = this.#built;
    const touched = new Set(steps.filter(({ status }) => status === 'miss').map(({ stage }) => stage));
    const isSaved = (stage: string) => !whole || this.#contents.manifests.has(tagOf(stage, whole));
    const pushed = stages.filter(({ stage }) => touched.has(stage) || !isSaved(stage));
    await Promise.all(
      pushed.map(({ stage, target }) => {
        const only = target === null ? [] : ['--target', target];
        const inline = ['--build-arg', 'BUILDKIT_INLINE_CACHE=1', '--tag', this.#reference(tagOf(stage, whole))];
        return exportBuild([...this.#importFlags, ...only, ...inline]);
      }),
    );
    solved();
    for (const { stage } of pushed) await this.#push(tagOf(stage, whole));
    return stages.map(({ stage }) => tagOf(stage, whole));
  }

  async #push(tag: string): Promise<void> {
    const reference = this.#reference(tag);
    const pushed = await run('docker', ['push', '--quiet', reference]);
    await run('docker', ['image', 'rm', '--no-prune', reference]);
    if (pushed.exitCode !== 0) throw new Error(pushed.stderr.trim().split('\n').at(-1) ?? 'docker push failed');
    await this.#contents.keepCacheOnly(tag);
  }

  get #importFlags(): string[] {
    return this.#saving.offer ? ['--cache-from', `type=registry,ref=${this.#reference(OFFER)}`] : [];
  }

  #reference(tag: string): string {
    return referenceIn(this.#registry, tag);
  }
}
