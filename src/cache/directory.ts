// The layer cache in a directory: the blobs, shared by all scopes (folder.ts), and one index for each scope:
//
//   scopes/NAME.json   the index (index-entry.ts)
//
// A blob that no index names any more is removed a day later: a job that is under way may still count on it.

import { dirname, join } from 'node:path';
import { wallClock } from '../host/clock.ts';
import { filesIn, readText, remove, writeText } from '../host/files.ts';
import { BlobFolder } from './folder.ts';
import { type Index, readIndex, sizesOf, writeIndex } from './index-entry.ts';
import type { Store } from './store.ts';

/** In milliseconds. */
const DAY = 24 * 3600 * 1000;

export class Directory extends BlobFolder implements Store {
  readonly kind = 'directory';
  readonly refusal = null;
  readonly #index: string;

  private constructor(path: string, scope: string) {
    super(path);
    this.#index = join(path, 'scopes', `${scope}.json`);
  }

  /**
   * Opens the directory, which is made when it is not there.
   * @param scope a name of scope.ts
   * @param write whether anything will be saved: a directory that is only read from may be on a read-only file system
   * @throws Error with a sentence when it cannot be made
   */
  static async open(path: string, scope: string, write: boolean): Promise<Directory> {
    const directory = new Directory(path, scope);
    if (write) await directory.make();
    return directory;
  }

  async load(): Promise<{ index: Index | null; reason: string | null }> {
    const { text } = await readText(this.#index);
    return text === null ? { index: null, reason: null } : readIndex(text);
  }

  async save(index: Index): Promise<null> {
    await writeText(this.#index, writeIndex(index));
    await this.#sweep();
    return null;
  }

  async close(): Promise<void> {}

  async #sweep(): Promise<void> {
    const indexes = await filesIn(dirname(this.#index));
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
