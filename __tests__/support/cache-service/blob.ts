// The blob storage behind the service: the part of Azure's protocol for block blobs that signed URLs allow.

import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { bytesOf, type Entries, type Part, type Stored } from './entries.ts';
import type { Fault } from './faults.ts';
import type { Shaper } from './link.ts';

/** `@actions/cache` takes Azure's client, and its parallel downloads, for hosts in Azure's domain only. */
export const AZURE_HOST = 'cachedouble.blob.core.windows.net';

const CONTAINER = 'actions-cache';

export interface Traffic {
  bytesUp: number;
  bytesDown: number;
}

export class Blobs {
  #secret = randomBytes(32);
  #directory: string;
  #entries: Entries;
  #shaper: Shaper;
  #traffic: Traffic;
  #urlSeconds: number;

  constructor(directory: string, entries: Entries, shaper: Shaper, traffic: Traffic, urlSeconds: number) {
    this.#directory = directory;
    this.#entries = entries;
    this.#shaper = shaper;
    this.#traffic = traffic;
    this.#urlSeconds = urlSeconds;
  }

  #signature(path: string, expires: string, permission: string): string {
    return createHmac('sha256', this.#secret).update(`${path}\n${expires}\n${permission}`).digest('base64');
  }

  /** A URL with which everybody may read, or create and write, this entry's blob for a while. */
  url(host: string, entry: Stored, permission: 'r' | 'cw'): string {
    const path = `/${CONTAINER}/${entry.id}`;
    const expires = new Date(Date.now() + this.#urlSeconds * 1000).toISOString();
    const url = new URL(`http://${host}${path}`);
    url.search = new URLSearchParams({
      ...{ se: expires, sp: permission, spr: 'https', sr: 'b', sv: '2025-11-05' },
      sig: this.#signature(path, expires, permission),
    }).toString();
    return url.href;
  }

  async handle(request: IncomingMessage, response: ServerResponse, url: URL, faults: Fault[]): Promise<void> {
    response.setHeader('x-ms-request-id', randomUUID());
    response.setHeader('x-ms-version', request.headers['x-ms-version'] ?? '2025-11-05');
    response.setHeader('Server', 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0');
    const [expires, permission] = [url.searchParams.get('se') ?? '', url.searchParams.get('sp') ?? ''];
    const read = request.method === 'GET' || request.method === 'HEAD';
    if (
      url.searchParams.get('sig') !== this.#signature(url.pathname, expires, permission) ||
      !(Date.parse(expires) > Date.now()) ||
      !permission.includes(read ? 'r' : 'w')
    ) {
      request.resume();
      return refuse(response, 403, 'AuthenticationFailed', 'Signature not valid in the specified time frame.');
    }
    const entry = this.#entries.get(Number(url.pathname.split('/').at(-1)));
    if (!entry || (read && !entry.uploaded)) {
      request.resume();
      return refuse(response, 404, 'BlobNotFound', 'The specified blob does not exist.');
    }
    if (read) {
      return this.#get(request, response, entry, faults);
    }
    if (entry.final) {
      request.resume();
      return refuse(response, 409, 'BlobImmutableDueToPolicy', 'The entry is finished; it does not change.');
    }
    if (request.method !== 'PUT') {
      request.resume();
      return refuse(response, 405, 'UnsupportedHttpVerb', 'The resource does not support the specified HTTP verb.');
    }
    const component = url.searchParams.get('comp');
    if (component === 'blocklist') {
      return this.#putBlockList(request, response, entry);
    }
    const block = component === 'block' ? url.searchParams.get('blockid') : undefined;
    if (component === 'block' ? !block : request.headers['x-ms-blob-type'] !== 'BlockBlob') {
      request.resume();
      return refuse(response, 400, 'InvalidHeaderValue', 'A block id or x-ms-blob-type: BlockBlob is missing.');
    }
    const part = await this.#store(request);
    if (block) {
      await this.#discard([entry.blocks.get(block)].filter((it) => it !== undefined));
      entry.blocks.set(block, part);
    } else {
      await this.#discard(entry.parts);
      entry.parts = [part];
      entry.uploaded = true;
    }
    await this.#created(response, block ? undefined : entry);
  }

  /** Takes the body into a file. */
  async #store(request: IncomingMessage): Promise<Part> {
    const part = { file: join(this.#directory, randomUUID()), bytes: 0 };
    const [shaper, traffic] = [this.#shaper, this.#traffic];
    const counted = async function* (body: AsyncIterable<Buffer>) {
      for await (const chunk of body) {
        await shaper.bytes(request.socket, 'up', chunk.length);
        part.bytes += chunk.length;
        traffic.bytesUp += chunk.length;
        yield chunk;
      }
    };
    try {
      await pipeline(request, counted, createWriteStream(part.file));
    } catch (error) {
      await this.#discard([part]);
      throw error;
    }
    return part;
  }

  async #putBlockList(request: IncomingMessage, response: ServerResponse, entry: Stored): Promise<void> {
    const ids = [...(await text(request)).matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)].map(([, id]) => id);
    const parts = ids.map((id) => entry.blocks.get(id ?? ''));
    if (parts.includes(undefined)) {
      return refuse(response, 400, 'InvalidBlockList', 'The specified block list is invalid.');
    }
    entry.parts = parts.filter((it) => it !== undefined);
    await this.#discard([...entry.blocks.values()].filter((part) => !entry.parts.includes(part)));
    entry.uploaded = true;
    await this.#created(response, entry);
  }

  async #created(response: ServerResponse, entry: Stored | undefined): Promise<void> {
    const headers = entry ? { ETag: tag(entry), 'Last-Modified': new Date().toUTCString() } : {};
    await this.#shaper.response();
    response.writeHead(201, { ...headers, 'x-ms-request-server-encrypted': 'true', 'Content-Length': 0 }).end();
  }

  async #get(request: IncomingMessage, response: ServerResponse, entry: Stored, faults: Fault[]): Promise<void> {
    const total = bytesOf(entry);
    // Azure's clients send their own header, others the standard one.
    const asked = /^bytes=(\d+)-(\d*)$/.exec(`${request.headers['x-ms-range'] ?? request.headers.range ?? ''}`);
    const start = Number(asked?.[1] ?? 0);
    const end = Math.min(asked?.[2] ? Number(asked[2]) : total - 1, total - 1);
    if (request.headers['if-match'] && ![tag(entry), '*'].includes(request.headers['if-match'])) {
      return refuse(
        response,
        412,
        'ConditionNotMet',
        'The condition specified using HTTP conditional header(s) is not met.',
      );
    }
    if (asked && (start >= total || start > end)) {
      return refuse(
        response,
        416,
        'InvalidRange',
        'The range specified is invalid for the current size of the resource.',
      );
    }
    await this.#shaper.response();
    response.writeHead(asked ? 206 : 200, {
      'Content-Length': end - start + 1,
      'Content-Type': 'application/octet-stream',
      'Accept-Ranges': 'bytes',
      ...(asked ? { 'Content-Range': `bytes ${start}-${end}/${total}` } : {}),
      ETag: tag(entry),
      'Last-Modified': new Date(entry.created).toUTCString(),
      'x-ms-creation-time': new Date(entry.created).toUTCString(),
      'x-ms-blob-type': 'BlockBlob',
      'x-ms-lease-status': 'unlocked',
      'x-ms-lease-state': 'available',
      'x-ms-server-encrypted': 'true',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const breaks = faults.find(({ what }) => what === 'truncate' || what === 'stall');
    const garbled = faults.some(({ what }) => what === 'garble');
    const [shaper, traffic] = [this.#shaper, this.#traffic];
    const body = async function* () {
      let left = breaks ? Math.floor((end - start + 1) / 2) : Infinity;
      for await (const whole of read(entry.parts, start, end)) {
        const chunk = whole.subarray(0, left);
        if (garbled && chunk.length > 0) {
          chunk[0] = (chunk[0] ?? 0) ^ 0xff;
        }
        await shaper.bytes(request.socket, 'down', chunk.length);
        traffic.bytesDown += chunk.length;
        yield chunk;
        left -= chunk.length;
        if (left <= 0) {
          break;
        }
      }
    };
    // A body that breaks off must not end its response as if it were whole.
    await pipeline(body, response, { end: !breaks });
    if (breaks?.what === 'truncate') {
      // What was written travels before the connection goes.
      response.socket?.end();
    }
  }

  /** Deletes what an entry holds; downloads that are under way break off. */
  async delete(entry: Stored): Promise<void> {
    await this.#discard([...entry.parts, ...entry.blocks.values()]);
  }

  async #discard(parts: Part[]): Promise<void> {
    await Promise.all(parts.map(({ file }) => rm(file, { force: true })));
  }
}

const tag = (entry: Stored) =>
  `"0x${createHash('md5').update(`${entry.id}`).digest('hex').slice(0, 15).toUpperCase()}"`;

/** The bytes of a blob from start to end, both included. */
async function* read(parts: Part[], start: number, end: number): AsyncGenerator<Buffer> {
  let offset = 0;
  for (const { file, bytes } of parts) {
    const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, bytes - 1)];
    if (from <= to) {
      yield* createReadStream(file, { start: from, end: to, highWaterMark: 1 << 18 });
    }
    offset += bytes;
  }
}

export async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > 1 << 23) {
      throw new Error('the body is too large');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Azure's way to say no. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const body = `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, {
    ...{ 'x-ms-error-code': code, 'Content-Type': 'application/xml' },
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
