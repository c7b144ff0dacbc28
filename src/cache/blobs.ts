// What the registry serves: blobs and manifests, wherever they are. Types only.

/** `sha256:` and 64 hexadecimal digits. The registry asks the port for nothing else. */
export type Digest = `sha256:${string}`;

/** A manifest as it was pushed, byte for byte: its digest depends on it. */
export interface Manifest {
  mediaType: string;
  content: Buffer;
}

/** A blob that was known but cannot be delivered (evicted, corrupt, the service is down). */
export class BlobGone extends Error {
  readonly digest: Digest;
  readonly reason: string;
  constructor(digest: Digest, reason: string) {
    super(`${digest} cannot be delivered: ${reason}`);
    this.digest = digest;
    this.reason = reason;
  }
}

export interface Blobs {
  /** Bytes of a blob, or null when there is none. Cheap: nothing is fetched for it. */
  size(digest: Digest): Promise<number | null>;
  /**
   * Exactly this blob: its bytes, or the path of a local file that stays where it is while the registry runs. Fetches it
   * when it is not here yet (once, however many ask).
   * @throws BlobGone
   */
  read(digest: Digest): Promise<Buffer | string>;
  /** A path for a new file on the same file system as the blobs, to write an upload into: another one every time. */
  scratch(): string;
  /** Takes over a file whose digest has been checked. Two clients may bring the same blob: the second changes nothing. */
  add(digest: Digest, file: string, bytes: number): Promise<void>;
  /** A manifest by tag or digest. */
  manifest(reference: string): Promise<Manifest | null>;
  /** Keeps a manifest under its digest and, where it was pushed with one, under a tag, which may have had another. */
  addManifest(digest: Digest, tag: string | null, manifest: Manifest): Promise<void>;
}
