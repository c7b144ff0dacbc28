// The layer cache in a directory: the blobs, shared by all scopes (folder.ts), and one index for each scope:
//
//   scopes/NAME.json   the index (index-entry.ts)

import { join } from 'node:path';
import { readText, writeText } from '../host/files.ts';
import { BlobFolder } from './folder.ts';
import { type Index, readIndex, writeIndex } from './index-entry.ts';
import type { Store } from './store.ts';

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
   * @throws Error with a sentence when it cannot be made
   */
  static async open(path: string, scope: string): Promise<Directory> {
    const directory = new Directory(path, scope);
    await directory.make();
    return directory;
  }

  async load(): Promise<{ index: Index | null; reason: string | null }> {
    const { text } = await readText(this.#index);
    return text === null ? { index: null, reason: null } : readIndex(text);
  }

  async save(index: Index): Promise<null> {
    await writeText(this.#index, writeIndex(index));
    return null;
  }

  async close(): Promise<void> {}
}
