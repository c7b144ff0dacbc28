// Blobs in a folder of this machine, named by their digests:
//
//   blobs/HEX    a blob
//   scratch/     uploads on their way

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { bytesOf, makeDirectory, moveFile, remove, sha256Of } from '../host/files.ts';
import { BlobGone, type Digest } from './blobs.ts';
import { hexOf } from './digest.ts';

export class BlobFolder {
  readonly path: string;
  bytesFetched = 0;
  bytesAdded = 0;
  /** Blobs whose content was compared with their digest in this run. */
  readonly #checked = new Map<Digest, Promise<string>>();

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder. @throws Error with a sentence when it cannot be made */
  make(): Promise<void> {
    return makeDirectory(join(this.path, 'scratch'));
  }

  size(digest: Digest): Promise<number | null> {
    return bytesOf(this.blob(digest));
  }

  /** Path of a blob whose content is right. @throws BlobGone */
  file(digest: Digest): Promise<string> {
    const checked = this.#checked.get(digest) ?? this.fetch(digest);
    this.#checked.set(digest, checked);
    return checked;
  }

  scratch(): string {
    return join(this.path, 'scratch', randomUUID());
  }

  async add(digest: Digest, file: string, bytes: number): Promise<void> {
    await moveFile(file, this.blob(digest));
    this.bytesAdded += bytes;
    this.#checked.set(digest, Promise.resolve(this.blob(digest)));
  }

  async drop(digest: Digest): Promise<void> {
    this.#checked.delete(digest);
    await remove(this.blob(digest));
  }

  /** Sees to it that a blob is here, and right. @throws BlobGone */
  protected async fetch(digest: Digest): Promise<string> {
    const file = this.blob(digest);
    const found = await sha256Of(file).catch(() => null);
    if (found === null) throw new BlobGone(digest, 'its file is gone');
    if (`sha256:${found}` !== digest) {
      // A folder that is only read from may not let it go.
      await remove(file).catch(() => undefined);
      throw new BlobGone(digest, 'its file is damaged');
    }
    this.fetched((await bytesOf(file)) ?? 0);
    return file;
  }

  /** Several blobs come at once: `+=` with an `await` behind it would forget those that came during the wait. */
  protected fetched(bytes: number): void {
    this.bytesFetched += bytes;
  }

  /** Where a blob is when it is here. */
  blob(digest: Digest): string {
    return join(this.blobs, hexOf(digest));
  }

  protected get blobs(): string {
    return join(this.path, 'blobs');
  }
}
