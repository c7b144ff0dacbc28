// The record of the last build where no layers are kept, as in a terminal: there the engine has them, and only what
// explains the next build is missing. It is a file for each image, in this user's own folder for caches:
//
//   cached-docker-build/records/SCOPE   what explain/codec.ts writes

import { dirname, join } from 'node:path';
import { scopeOf } from './cache/scope.ts';
import { wallClock } from './host/clock.ts';
import { cacheHome, filesIn, readText, realPath, remove, writeText } from './host/files.ts';
import type { Inputs } from './inputs.ts';

/** Those that were not written for so long, in milliseconds, are removed: images and checkouts come and go. */
const FORGOTTEN = 30 * 24 * 3600 * 1000;

/** No record is longer (explain/codec.ts). */
const MOST_BYTES = 64 << 20;

export class RecordFile {
  readonly #path: string;
  readonly #write: boolean;

  private constructor(path: string, write: boolean) {
    this.#path = path;
    this.#write = write;
  }

  /**
   * The file for what is to be built; null where nothing is to be kept, or there is no place for it.
   * @param file the Dockerfile
   */
  static async find(inputs: Inputs, file: string): Promise<RecordFile | null> {
    const home = cacheHome();
    if (inputs.cache === 'off' || home === null) return null;
    const dockerfile = await realPath(file);
    const { target, platforms } = inputs;
    // Build arguments do not count: what another one changes is to be told. Nor does `cache-scope`, which two projects on
    // this machine may have chosen alike.
    const { name } = scopeOf({ chosen: '', dockerfile, target, platforms, variables: [] });
    return new RecordFile(join(home, 'cached-docker-build', 'records', name), inputs.cache !== 'read-only');
  }

  /** The text of the last build's record; null where there is none. */
  async last(): Promise<string | null> {
    return (await readText(this.#path, MOST_BYTES)).text;
  }

  /** Keeps a record for the next build. A home that cannot be written to keeps none. */
  async keep(record: string): Promise<void> {
    if (!this.#write) return;
    try {
      await writeText(this.#path, record);
      const old = wallClock() - FORGOTTEN;
      for (const { path, changed } of await filesIn(dirname(this.#path))) if (changed < old) await remove(path);
    } catch {
      // Nothing is lost but an explanation.
    }
  }
}
