// A container registry on loopback: as much of the OCI distribution API as Docker Engine and BuildKit use to push and
// pull images and build caches. What it holds is the business of a `Blobs`.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md ("the spec" below)

import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GrowingFile } from '../host/blobfiles.ts';
import { now } from '../host/clock.ts';
import { type HttpReply, type HttpRequest, serve } from '../host/http.ts';
import { BlobGone, type Blobs, type Digest } from './blobs.ts';
import { digestOf, isDigest } from './digest.ts';

/** What a caller wants to count or to notice. What is not there and was only asked for (HEAD, a tag) is no event. */
export type RegistryEvent =
  /**
   * The body of a blob, or a range of it, went out; not all of it when the client went away or the file was damaged.
   * Seconds include the port's, which may have had to fetch it. Comes a moment after the client has its last byte.
   */
  | { type: 'blob-served'; digest: Digest; bytes: number; complete: boolean; seconds: number }
  /** The port took a blob. Seconds since the client began. */
  | { type: 'blob-uploaded'; digest: Digest; bytes: number; seconds: number }
  | { type: 'manifest-pushed'; digest: Digest; tag: string | null }
  /** A client wanted a blob and did not get it. A build that was promised it fails. */
  | { type: 'blob-gone'; digest: Digest; reason: string }
  /** What came is not what its sender said it is; nothing of it was kept. */
  | { type: 'bad-digest'; expected: Digest; actual: Digest }
  /** A request that no client of ours should send. */
  | { type: 'unknown-request'; method: string; path: string }
  /** A request that went wrong on our side: the disk is full, a file vanished. */
  | { type: 'failed'; method: string; path: string; reason: string };

export interface Registry {
  /** `127.0.0.1:PORT`, which engines take for a registry that may speak plain http. */
  address: string;
  /** The one repository that is served. Its name cannot be guessed, since every process here can reach the address. */
  repository: string;
  /** Breaks off what is under way and removes unfinished uploads. */
  close(): Promise<void>;
}

/** The name of an image or a cache in a registry, as docker takes it. */
export const referenceIn = ({ address, repository }: Registry, tag: string): string =>
  `${address}/${repository}:${tag}`;

/** The spec asks for at least 4 MiB ("Pushing Manifests"). */
const MANIFEST_LIMIT = 4 << 20;

/** The spec's tag ("Pulling manifests"). */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Starts a registry on a free port of 127.0.0.1. Nothing of it keeps the process alive. */
export async function startRegistry(blobs: Blobs, log: (event: RegistryEvent) => void): Promise<Registry> {
  const repository = `${randomBytes(16).toString('hex')}/cache`;
  const requests = new Requests(blobs, repository, log);
  const server = await serve((request) => requests.answer(request));
  return {
    address: `127.0.0.1:${server.port}`,
    repository,
    async close() {
      server.close();
      await requests.dropUploads();
    },
  };
}

interface Upload {
  id: string;
  file: GrowingFile;
  started: number;
  /** A request is at work on it; for all others it is not there. */
  taken: boolean;
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What is answered at a path; `name` is what its pattern captures. */
interface Route {
  path: RegExp;
  answers: Partial<Record<Method, (request: HttpRequest, name: string) => HttpReply | Promise<HttpReply>>>;
}

class Requests {
  readonly #blobs: Blobs;
  readonly #log: (event: RegistryEvent) => void;
  /** Where the repository is: `/v2/<name>/`. */
  readonly #root: string;
  readonly #routes: Route[];
  /** Uploads that were begun and not finished. */
  readonly #uploads = new Map<string, Upload>();

  constructor(blobs: Blobs, repository: string, log: (event: RegistryEvent) => void) {
    this.#blobs = blobs;
    this.#log = log;
    this.#root = `/v2/${repository}/`;
    // Paths are matched as they were sent: no name that we know has letters that need escapes.
    const below = (pattern: string) => new RegExp(`^${this.#root}${pattern}$`);
    this.#routes = [
      { path: /^\/v2\/$/, answers: { GET: version, HEAD: version } },
      {
        path: below('manifests/([^/]+)'),
        answers: {
          GET: (_, reference) => this.#getManifest(reference),
          HEAD: (_, reference) => this.#getManifest(reference),
          PUT: (request, reference) => this.#putManifest(request, reference),
        },
      },
      {
        path: below('blobs/uploads/'),
        answers: { POST: (request) => this.#beginUpload(request) },
      },
      {
        path: below('blobs/uploads/([^/]+)'),
        answers: {
          GET: (_, id) => this.#uploadStatus(id),
          PATCH: (request, id) => this.#continueUpload(request, id),
          PUT: (request, id) => this.#endUpload(request, id),
          DELETE: (_, id) => this.#cancelUpload(id),
        },
      },
      {
        path: below('blobs/([^/]+)'),
        answers: {
          GET: (request, digest) => this.#getBlob(request, digest),
          HEAD: (_, digest) => this.#headBlob(digest),
        },
      },
    ];
  }

  async answer(request: HttpRequest): Promise<HttpReply> {
    const { method, path, body } = request;
    const route = this.#routes.find((route) => route.path.test(path));
    const answer = route?.answers[method as Method];
    if (!answer) {
      this.#log({ type: 'unknown-request', method, path });
      return route ? refusal(405, 'UNSUPPORTED', method) : refusal(404, 'NAME_UNKNOWN', 'nothing is served here');
    }
    try {
      return await answer(request, route.path.exec(path)?.[1] ?? '');
    } catch (error) {
      // A client that went away in the middle of a body hears nothing any more, and nothing went wrong here.
      if (!body.errored) this.#log({ type: 'failed', method, path, reason: String(error) });
      return refusal(500, 'UNKNOWN', 'the registry failed');
    }
  }

  async dropUploads(): Promise<void> {
    await Promise.all([...this.#uploads.values()].map((upload) => this.#drop(upload)));
  }

  // --- manifests ("Pulling manifests", "Pushing Manifests") ---

  async #getManifest(reference: string): Promise<HttpReply> {
    const manifest = isDigest(reference) || TAG.test(reference) ? await this.#blobs.manifest(reference) : null;
    if (!manifest) return refusal(404, 'MANIFEST_UNKNOWN', reference);
    const { mediaType, content } = manifest;
    const headers = { 'Content-Type': mediaType, 'Docker-Content-Digest': digestOf(content) };
    return { status: 200, headers, body: content };
  }

  async #putManifest({ headers, body }: HttpRequest, reference: string): Promise<HttpReply> {
    const tag = TAG.test(reference) ? reference : null;
    if (!tag && !isDigest(reference)) return refusal(400, 'MANIFEST_INVALID', 'neither a tag nor a sha256 digest');
    const mediaType = headers['content-type'];
    if (!mediaType) return refusal(400, 'MANIFEST_INVALID', 'without a Content-Type');
    const content = await readAll(body, MANIFEST_LIMIT);
    if (!content) return refusal(413, 'MANIFEST_INVALID', `larger than ${MANIFEST_LIMIT} bytes`);
    const digest = digestOf(content);
    if (isDigest(reference) && reference !== digest) return this.#wrongDigest(reference, digest);
    await this.#blobs.addManifest(digest, tag, { mediaType, content });
    this.#log({ type: 'manifest-pushed', digest, tag });
    return this.#created('manifests', digest);
  }

  // --- blobs ("Pulling blobs", "Checking if content exists in the registry") ---

  async #headBlob(digest: string): Promise<HttpReply> {
    if (!isDigest(digest)) return notADigest();
    const size = await this.#blobs.size(digest);
    if (size === null) return refusal(404, 'BLOB_UNKNOWN', digest);
    return { status: 200, headers: { ...blobHeaders(digest), 'Content-Length': size } };
  }

  async #getBlob({ headers }: HttpRequest, digest: string): Promise<HttpReply> {
    if (!isDigest(digest)) return notADigest();
    const started = now();
    const size = await this.#blobs.size(digest);
    if (size === null) return this.#gone(digest, 'it is not there');
    const range = rangeOf(headers.range, size);
    if (range === 'unsatisfiable') return { status: 416, headers: { 'Content-Range': `bytes */${size}` } };
    let content: Buffer | string;
    try {
      content = await this.#blobs.read(digest);
    } catch (error) {
      if (error instanceof BlobGone) return this.#gone(digest, error.reason);
      throw error;
    }
    const { start, end } = range ?? { start: 0, end: size };
    const bytes = end - start;
    return {
      status: range ? 206 : 200,
      headers: { ...blobHeaders(digest), ...(range && { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }) },
      body: Buffer.isBuffer(content) ? content.subarray(start, end) : { file: content, start, bytes },
      sent: (sent) => {
        const seconds = now() - started;
        this.#log({ type: 'blob-served', digest, bytes: sent, complete: sent === bytes, seconds });
      },
    };
  }

  #gone(digest: Digest, reason: string): HttpReply {
    this.#log({ type: 'blob-gone', digest, reason });
    return refusal(404, 'BLOB_UNKNOWN', reason);
  }

  // --- uploads ("Pushing blobs") ---

  /** "POST then PUT", "Single POST" (?digest=) and "Mounting a blob from another repository" (?mount=). */
  async #beginUpload({ query, body }: HttpRequest): Promise<HttpReply> {
    const mount = query.get('mount') ?? '';
    if (isDigest(mount) && (await this.#blobs.size(mount)) !== null) return this.#created('blobs', mount);
    const digest = query.get('digest');
    const id = randomBytes(16).toString('hex');
    const upload = { id, file: new GrowingFile(this.#blobs.scratch()), started: now(), taken: digest !== null };
    this.#uploads.set(id, upload);
    return digest === null ? this.#progress(202, upload) : this.#complete(upload, body, digest);
  }

  #uploadStatus(id: string): HttpReply {
    const upload = this.#idle(id);
    return upload ? this.#progress(204, upload) : noUpload(id);
  }

  /** "Pushing a blob in chunks"; without a Content-Range, as Docker sends it, whatever comes is what comes next. */
  async #continueUpload({ headers, body }: HttpRequest, id: string): Promise<HttpReply> {
    const upload = this.#idle(id);
    if (!upload) return noUpload(id);
    if (outOfOrder(headers['content-range'], upload)) return this.#progress(416, upload);
    upload.taken = true;
    try {
      await upload.file.append(body);
    } catch (error) {
      // Half a chunk is hashed already and cannot be taken back: the client has to begin again.
      await this.#drop(upload);
      throw error;
    }
    upload.taken = false;
    return this.#progress(202, upload);
  }

  async #endUpload({ headers, query, body }: HttpRequest, id: string): Promise<HttpReply> {
    const upload = this.#idle(id);
    if (!upload) return noUpload(id);
    if (outOfOrder(headers['content-range'], upload)) return this.#progress(416, upload);
    upload.taken = true;
    return this.#complete(upload, body, query.get('digest') ?? '');
  }

  async #cancelUpload(id: string): Promise<HttpReply> {
    const upload = this.#idle(id);
    if (!upload) return noUpload(id);
    await this.#drop(upload);
    return { status: 204 };
  }

  /** Takes what is left of an upload, and ends it one way or the other. */
  async #complete(upload: Upload, body: Readable, expected: string): Promise<HttpReply> {
    const { file, started } = upload;
    try {
      if (!isDigest(expected)) return notADigest();
      await file.append(body);
      const digest = file.digest();
      if (digest !== expected) return this.#wrongDigest(expected, digest);
      await this.#blobs.add(digest, file.path, file.bytes);
      this.#log({ type: 'blob-uploaded', digest, bytes: file.bytes, seconds: now() - started });
      return this.#created('blobs', digest);
    } finally {
      await this.#drop(upload);
    }
  }

  #idle(id: string): Upload | null {
    const upload = this.#uploads.get(id);
    return upload && !upload.taken ? upload : null;
  }

  async #drop(upload: Upload): Promise<void> {
    this.#uploads.delete(upload.id);
    await upload.file.discard();
  }

  #progress(status: number, { id, file }: Upload): HttpReply {
    // "0-0" also stands for nothing: https://distribution.github.io/distribution/spec/api/#starting-an-upload
    const range = `0-${Math.max(0, file.bytes - 1)}`;
    const headers = { Location: `${this.#root}blobs/uploads/${id}`, Range: range, 'Docker-Upload-UUID': id };
    return { status, headers };
  }

  #created(kind: 'blobs' | 'manifests', digest: Digest): HttpReply {
    return { status: 201, headers: { Location: `${this.#root}${kind}/${digest}`, 'Docker-Content-Digest': digest } };
  }

  #wrongDigest(expected: Digest, actual: Digest): HttpReply {
    this.#log({ type: 'bad-digest', expected, actual });
    return refusal(400, 'DIGEST_INVALID', `expected ${expected}, got ${actual}`);
  }
}

/** "Determining Support". */
const version = (): HttpReply => ({ status: 200, headers: { 'Docker-Distribution-API-Version': 'registry/2.0' } });

/** "Error Codes". */
function refusal(status: number, code: string, message: string): HttpReply {
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message }] }));
  return { status, headers: { 'Content-Type': 'application/json' }, body };
}

const notADigest = (): HttpReply => refusal(400, 'DIGEST_INVALID', 'not a sha256 digest');

const noUpload = (id: string): HttpReply => refusal(404, 'BLOB_UPLOAD_UNKNOWN', id);

const blobHeaders = (digest: Digest) => ({
  'Content-Type': 'application/octet-stream',
  'Docker-Content-Digest': digest,
  'Accept-Ranges': 'bytes',
});

/**
 * The bytes of a blob that a Range header asks for, `end` not included; null for all of it, which is also the answer to
 * what is no single range of bytes. https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : 'unsatisfiable';
}

/** Whether a chunk does not begin where the upload ends. The spec's Content-Range is `FIRST-LAST`, without a unit. */
function outOfOrder(contentRange: string | undefined, { file }: Upload): boolean {
  return contentRange !== undefined && Number(/^(\d+)-\d+$/.exec(contentRange)?.[1]) !== file.bytes;
}

/** All of a body, or null when it is longer than `limit`. */
async function readAll(body: Readable, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
