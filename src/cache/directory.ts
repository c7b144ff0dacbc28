// The layer cache in a directory: the blobs, shared by all scopes (folder.ts), and the indexes:
//
//   scopes/NAME/VARIANT.json   an index (index-entry.ts)
//
// A blob that no index names any more is removed a day later: a job that is under way may still count on it.

import { dirname, join } from 'node:path';
import { wallClock } from '../host/clock.ts';
import { filesIn, namesIn, readText, remove, writeText } from '../host/files.ts';
import { BlobFolder } from './folder.ts';
import { type Index, readIndex, sizesOf, writeIndex } from './index-entry.ts';
import type { Scope } from './scope.ts';
import type { Store, StoreState } from './store.ts';

/** Variants that a scope keeps, the newest ones: an argument may be another one in each run. */
const MOST_VARIANTS = 16;

/** In milliseconds. */
const DAY = 24 * 3600 * 1000;

export class Directory extends BlobFolder implements Store {
  readonly kind = 'directory';
  readonly refusal = null;
  readonly #name: Scope;
  readonly #scope: string;
  readonly #index: string;

  private constructor(path: string, scope: Scope) {
    super(path);
    const { name, variant } = scope;
    this.#name = scope;
    this.#scope = join(path, 'scopes', name);
    this.#index = join(this.#scope, `${variant}.json`);
  }

  /**
   * Opens the directory, which is made when it is not there.
   * @param write whether anything will be saved: a directory that is only read from may be on a read-only file system
   * @throws Error with a sentence when it cannot be made
   */
  static async open(path: string, scope: Scope, write: boolean): Promise<Directory> {
    const directory = new Directory(path, scope);
    if (write) await directory.make();
    return directory;
  }

  async load(): Promise<{ index: Index | null; reason: string | null }> {
    const own = await readText(this.#index);
    const text = own.text ?? (await this.#newest());
    return text === null ? { index: null, reason: null } : readIndex(text);
  }

  async save(index: Index): Promise<null> {
    await writeText(this.#index, writeIndex(index));
    await this.#sweep();
    return null;
  }

  state(): StoreState {
    return { kind: this.kind, path: this.path, scope: this.#name, entries: [] };
  }

  async close(): Promise<void> {}

  async #newest(): Promise<string | null> {
    const [newest] = (await filesIn(this.#scope)).sort((a, b) => b.changed - a.changed);
    return newest ? (await readText(newest.path)).text : null;
  }

  async #sweep(): Promise<void> {
    const variants = (await filesIn(this.#scope)).sort((a, b) => b.changed - a.changed);
    for (const { path } of variants.slice(MOST_VARIANTS)) await remove(path);
    const scopes = await namesIn(dirname(this.#scope));
    const indexes = (await Promise.all(scopes.map((name) => filesIn(join(dirname(this.#scope), name))))).flat();
    const named = new Set<string>();
    for (const { path } of indexes) {
      const { index } = readIndex((await readText(path)).text ?? '');
      // What an index that cannot be read names is not known, and then nothing is known to be unnamed.
      if (index === null) return;
      for (const digest of sizesOf(index.manifests.values()).keys()) named.add(this.blob(digest));
    }
    const blobs = await filesIn(this.blobs);
    const old = wallClock() - DAY;
    for (const { path, changed } of blobs) if (!named.has(path) && changed < old) await remove(path);
  }
}
