// Blobs in a directory, with the index in memory: the simplest store that a registry can stand on.

import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobGone, type Blobs, type Digest, type Manifest } from '../../src/cache/blobs.ts';

export class DirectoryBlobs implements Blobs {
  readonly directory = mkdtempSync(join(tmpdir(), 'cached-docker-build-test-'));
  readonly sizes = new Map<Digest, number>();
  readonly manifests = new Map<string, Manifest>();
  /** What `read` does before it answers: a test may let it wait, or throw. */
  fetch: (digest: Digest) => Promise<void> = async () => {};

  /** Files that are there, whether finished or not. */
  get files(): string[] {
    return readdirSync(this.directory);
  }

  async size(digest: Digest) {
    return this.sizes.get(digest) ?? null;
  }
  async read(digest: Digest) {
    await this.fetch(digest);
    return join(this.directory, digest);
  }
  scratch() {
    return join(this.directory, randomUUID());
  }
  async add(digest: Digest, file: string, bytes: number) {
    await rename(file, join(this.directory, digest));
    this.sizes.set(digest, bytes);
  }
  async manifest(reference: string) {
    return this.manifests.get(reference) ?? null;
  }
  async addManifest(digest: Digest, tag: string | null, manifest: Manifest) {
    this.manifests.set(digest, manifest);
    if (tag) this.manifests.set(tag, manifest);
  }
}

/** A blob that was evicted behind the index's back. */
export function evict(blobs: DirectoryBlobs, reason: string): void {
  blobs.fetch = async (digest) => {
    throw new BlobGone(digest, reason);
  };
}
