// A file that is written piece by piece, and hashed on the way.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file on its way in. It is there from the first `append` on; one `append` at a time. */
export class GrowingFile {
  readonly path: string;
  bytes = 0;
  readonly #hash = createHash('sha256');
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Writes all that `source` gives to the end of the file.
   * A source that fails, or a full disk, leaves a file that is good for nothing but to be discarded.
   */
  async append(source: Readable): Promise<void> {
    const file = createWriteStream(this.path, { flags: 'a', highWaterMark: 1 << 20 });
    this.#writing = pipeline(this.#hashed(source), file);
    await this.#writing;
  }

  async *#hashed(source: Readable): AsyncGenerator<Buffer> {
    // Not destroyed when writing fails: whoever sends can still be told.
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      this.#hash.update(chunk);
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  /** The digest of all that was written. Nothing can be appended after this. */
  digest(): `sha256:${string}` {
    return `sha256:${this.#hash.digest('hex')}`;
  }

  /** Removes the file, after the `append` that is under way. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await rm(this.path, { force: true });
  }
}
