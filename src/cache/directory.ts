// The layer cache in a directory: blobs by digest, shared by all scopes, and one index for each scope.
//
//   blobs/HEX          a blob, named by its sha256
//   scopes/NAME.json   the manifests of a scope (index-entry.ts)
//   scratch/           uploads on their way

import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { bytesOf, makeDirectory, moveFile, readText, remove, sha256Of, writeText } from '../host/files.ts';
import { BlobGone, type Blobs, type Digest, type Manifest } from './blobs.ts';
import { type Index, readIndex, writeIndex } from './index-entry.ts';

export class Directory implements Blobs {
  readonly #path: string;
  readonly #scope: string;
  /** Blobs whose content was compared with their digest in this run. */
  readonly #checked = new Map<Digest, Promise<string>>();
  readonly #manifests = new Map<string, Manifest>();
  #secondsOf: Index['seconds'] = {};

  private constructor(path: string, scope: string) {
    this.#path = path;
    this.#scope = scope;
  }

  /**
   * Opens the directory, which is made when it is not there.
   * @param scope a name of scope.ts
   * @returns the cache, and why its index was of no use, if it was not
   * @throws Error when the directory cannot be made
   */
  static async open(path: string, scope: string): Promise<{ directory: Directory; reason: string | null }> {
    const directory = new Directory(path, scope);
    await makeDirectory(join(path, 'scratch'));
    const { text } = await readText(directory.#indexFile);
    if (text === null) return { directory, reason: null };
    const index = readIndex(text);
    if ('reason' in index) return { directory, reason: index.reason };
    for (const [tag, manifest] of index.manifests) directory.#manifests.set(tag, manifest);
    directory.#secondsOf = index.seconds;
    return { directory, reason: null };
  }

  /** Tag → manifest: of the last save, and of this run once they are pushed. */
  get manifests(): ReadonlyMap<string, Manifest> {
    return this.#manifests;
  }

  /** Seconds that each step took when it last ran. */
  get secondsOf(): Index['seconds'] {
    return this.#secondsOf;
  }

  /** Puts a manifest of our own under a tag. */
  put(tag: string, manifest: Manifest): void {
    this.#manifests.set(tag, manifest);
  }

  forget(tag: string): void {
    this.#manifests.delete(tag);
  }

  /** Writes the index with the manifests of these tags. */
  async save(tags: string[], seconds: Index['seconds']): Promise<void> {
    const kept = [...this.#manifests].filter(([tag]) => tags.includes(tag));
    await writeText(this.#indexFile, writeIndex({ manifests: new Map(kept), seconds }));
  }

  async size(digest: Digest): Promise<number | null> {
    return bytesOf(this.#blob(digest));
  }

  async file(digest: Digest): Promise<string> {
    const checked = this.#checked.get(digest) ?? this.#check(digest);
    this.#checked.set(digest, checked);
    return checked;
  }

  scratch(): string {
    return join(this.#path, 'scratch', randomUUID());
  }

  async add(digest: Digest, file: string): Promise<void> {
    await moveFile(file, this.#blob(digest));
    this.#checked.set(digest, Promise.resolve(this.#blob(digest)));
  }

  /** Keeps a text as a blob. */
  async addText(text: string): Promise<{ digest: Digest; size: number }> {
    const digest: Digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    await writeText(this.#blob(digest), text);
    return { digest, size: Buffer.byteLength(text) };
  }

  /** Removes a blob. */
  async drop(digest: Digest): Promise<void> {
    this.#checked.delete(digest);
    await remove(this.#blob(digest));
  }

  /** A blob as text. @throws BlobGone */
  async text(digest: Digest): Promise<string> {
    const { text } = await readText(await this.file(digest));
    if (text === null) throw new BlobGone(digest, 'its file is gone');
    return text;
  }

  async manifest(reference: string): Promise<Manifest | null> {
    const named = this.#manifests.get(reference);
    return named ?? [...this.#manifests.values()].find((manifest) => digestOf(manifest) === reference) ?? null;
  }

  async addManifest(digest: Digest, tag: string | null, manifest: Manifest): Promise<void> {
    this.#manifests.set(tag ?? digest, manifest);
  }

  async #check(digest: Digest): Promise<string> {
    const file = this.#blob(digest);
    const found = await sha256Of(file).catch(() => null);
    if (found === null) throw new BlobGone(digest, 'its file is gone');
    if (`sha256:${found}` === digest) return file;
    await remove(file);
    throw new BlobGone(digest, 'its file is damaged');
  }

  #blob(digest: Digest): string {
    return join(this.#path, 'blobs', digest.slice('sha256:'.length));
  }

  get #indexFile(): string {
    return join(this.#path, 'scopes', `${this.#scope}.json`);
  }
}

function digestOf({ content }: Manifest): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
