// Where layers are kept from one job to the next: what both stores, the directory and the Actions cache, can do. Types only.

import type { Digest } from './blobs.ts';
import type { Index } from './index-entry.ts';
import type { Scope } from './scope.ts';

export interface Store {
  readonly kind: 'actions' | 'directory';
  /** Why nothing can be saved, if that is known: a clause without a full stop. */
  readonly refusal: string | null;
  /** Bytes that were taken out of the store for this job, and brought into it. */
  readonly bytesFetched: number;
  readonly bytesAdded: number;
  /**
   * The newest index that this job may read; null where there is none, and then `reason` says what was wrong with it, if
   * anything was. Also finds out which blobs of it can be delivered.
   */
  load(): Promise<{ index: Index | null; reason: string | null }>;
  /** Bytes of a blob, or null when there is none. Cheap: nothing is fetched for it. */
  size(digest: Digest): Promise<number | null>;
  /** Path of a local file that holds exactly this blob; fetches it when it is not here, once. @throws BlobGone */
  file(digest: Digest): Promise<string>;
  /** A path for a new file, from where `add` can take it. */
  scratch(): string;
  /** Takes over a file whose digest has been checked. */
  add(digest: Digest, file: string, bytes: number): Promise<void>;
  /** Removes a blob that was added. */
  drop(digest: Digest): Promise<void>;
  /**
   * Keeps an index and the blobs it names.
   * @returns what is still to be uploaded; null when all is done
   */
  save(index: Index): Promise<Upload | null>;
  /** All that another process needs to go on with this store (saveLayers in layers.ts). */
  state(): StoreState;
  /** Stops what is under way; what is temporary goes, unless another process goes on with it. */
  close(goesOn: boolean): Promise<void>;
}

/** A store, as data. */
export interface StoreState {
  kind: Store['kind'];
  /** The directory; of the Actions cache, the job's own folder. */
  path: string;
  scope: Scope;
  /** Names of the entries that are in the Actions cache. */
  entries: string[];
}

/** What is to be uploaded into the Actions cache. */
export interface Upload {
  /** Folder that holds all of it, and nothing else. */
  folder: string;
  /** Key of the new index, which comes last. */
  key: string;
  /** Text of the index as if all goes well; entries that could not be uploaded are taken out. */
  index: string;
  entries: NewEntry[];
}

export interface NewEntry {
  name: string;
  digests: Digest[];
  bytes: number;
}

/** What became of an upload. */
export interface Uploaded {
  /** Entries that were made, the index among them. */
  entries: number;
  bytes: number;
  seconds: number;
  /** Why not all of it is there: a sentence without its full stop. */
  problem: string | null;
}

/** What became of all that a job handed over. */
export interface Saved {
  bytes: number;
  sentence: string;
}
