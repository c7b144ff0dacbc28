// A double of GitHub's hosted cache service, version 2, built from its protocol: Twirp over JSON in front, Azure block
// blobs behind. The real @actions/cache and BuildKit's type=gha speak with it as with the real one. It listens on
// 127.0.0.1 only, keeps its entries in a temporary directory, and goes with its process.
//
// In a test:  const service = await startCacheService(); … spawn(…, { env: { ...process.env, ...service.env() } })
// Beside one: node __tests__/support/cache-service.ts --link hosted   (Node 24; prints one line of JSON with its URL and
//             environment, ends with its parent; drive it with control(url, 'evict', key) and the like)

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, truncate } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AZURE_HOST, Blobs, refuse, text } from './cache-service/blob.ts';
import { bytesOf, Entries, type Stored } from './cache-service/entries.ts';
import { type Fault, Faults, KINDS, type Kind } from './cache-service/faults.ts';
import { HOSTED, type Link, Shaper, sleep } from './cache-service/link.ts';
import { type BlobHost, grants, READ, type Scope, tokenIn, tokenOf } from './cache-service/token.ts';

export type { Fault, Kind, Link, Scope };
export { grants, HOSTED };

export type CacheMode = 'read' | 'write' | 'write-only' | 'none';

export interface Options {
  /** Shapes the traffic; off by default. */
  link?: Link | null;
  /** New entries per minute before it answers 429; GitHub's limit is the default. */
  newEntriesPerMinute?: number;
  /** More than this, and the least recently used entries go; GitHub's free 10 GB by default. */
  maxBytes?: number;
  /** How long signed URLs are valid; ten minutes by default, as GitHub's are for downloads. */
  urlSeconds?: number;
  /** Where its temporary directory is made. */
  directory?: string;
}

export interface EnvOptions {
  /** What the job may do; a push to the default branch by default. `grants` makes the usual ones. */
  scopes?: Scope[];
  mode?: CacheMode;
  /**
   * The host of signed URLs. `azure`, the default, is a name in Azure's domain, as the real ones: @actions/cache
   * downloads in parallel from such names only. NODE_OPTIONS in the environment lets Node find it on 127.0.0.1.
   * `loopback` is for programs that are not Node: BuildKit.
   */
  blobHost?: BlobHost;
}

export interface Entry {
  key: string;
  version: string;
  scope: string;
  bytes: number;
  created: Date;
}

export interface Counts {
  requests: Record<Kind, number>;
  bytesUp: number;
  bytesDown: number;
  newEntries: number;
  hits: number;
  misses: number;
  /** Requests at once, at most. */
  peak: number;
}

export interface CacheService {
  /** With a slash at its end, as ACTIONS_RESULTS_URL has. */
  url: string;
  env(options?: EnvOptions): Record<string, string>;
  /** What restores can find, oldest first. */
  entries(): Entry[];
  readonly counts: Counts;
  resetCounts(): void;
  /** When requests came, for measuring retries: the last 10 000. */
  readonly log: { at: number; kind: Kind; status: number; range: string }[];
  /** Deletes the entries with this key, in all scopes; without a key, all. Returns how many. */
  evict(key?: string): Promise<number>;
  /** Changes the stored bytes of the entries with this key (all of them a little), or cuts them in half. Returns how many. */
  corrupt(key: string, how?: 'bytes' | 'truncate'): Promise<number>;
  /** Switches a fault on; the function that is returned switches it off. */
  fault(fault: Fault): Promise<() => Promise<void>>;
  /** Switches all faults off, and drops what hangs. */
  heal(): Promise<void>;
  setLink(link: Link | null): void;
  setNewEntriesPerMinute(limit: number): void;
  close(): Promise<void>;
}

const PREFIX = 'cache-service-';
const SERVICE = '/twirp/github.actions.results.api.v1.CacheService/';
const CALLS: Record<string, Kind> = {
  CreateCacheEntry: 'create',
  FinalizeCacheEntryUpload: 'finalize',
  GetCacheEntryDownloadURL: 'lookup',
};

/** In a Node process: the storage's name is this machine. */
const resolver = `
import dns from 'node:dns';
const real = dns.lookup;
const lookup = (host, options, done) => {
  if (host !== '${AZURE_HOST}') return done ? real(host, options, done) : real(host, options);
  const [wanted, call] = done ? [options, done] : [{}, options];
  process.nextTick(call, null, ...(wanted?.all ? [[{ address: '127.0.0.1', family: 4 }]] : ['127.0.0.1', 4]));
};
dns.lookup = Object.defineProperties(lookup, Object.getOwnPropertyDescriptors(real));
`;
const resolverImport = `--import=data:text/javascript;base64,${Buffer.from(resolver).toString('base64')}`;

const noCounts = (): Counts => ({
  requests: Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>,
  ...{ bytesUp: 0, bytesDown: 0, newEntries: 0, hits: 0, misses: 0, peak: 0 },
});

/** An answer of Twirp that is an error. */
class TwirpError extends Error {
  status: number;
  code: string;
  headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

const writeDenied = 'cache write denied: token has no writable scopes';
const readDenied = () => new TwirpError(403, 'permission_denied', 'cache read denied: token has no readable scopes');
const rateLimited = (seconds: number) =>
  new TwirpError(429, 'resource_exhausted', 'rate limit exceeded', { 'Retry-After': `${seconds}` });

/** Starts the service on a free port. It does not keep the process alive, and its files go with the process. */
export async function startCacheService(options: Options = {}): Promise<CacheService> {
  const base = options.directory ?? tmpdir();
  await clearUp(base);
  const directory = await mkdtemp(join(base, `${PREFIX}${process.pid}-`));
  const sweep = () => rmSync(directory, { recursive: true, force: true });
  process.on('exit', sweep);
  const closing = new AbortController();
  const entries = new Entries();
  const faults = new Faults();
  const shaper = new Shaper(options.link ?? null, closing.signal);
  const traffic = { bytesUp: 0, bytesDown: 0 };
  const blobs = new Blobs(directory, entries, shaper, traffic, options.urlSeconds ?? 600);
  const sockets = new Set<Socket>();
  const stuck = new Set<Socket>();
  const log: CacheService['log'] = [];
  let counts = noCounts();
  let perMinute = options.newEntriesPerMinute ?? 200;
  let created: number[] = [];
  let atOnce = 0;
  let port = 0;

  const remove = async (gone: Stored[]) => {
    for (const entry of gone) {
      entries.delete(entry);
      await blobs.delete(entry);
    }
    return gone.length;
  };

  const create = (body: Record<string, unknown>, scopes: Scope[], host: string, denied: boolean) => {
    const [key, version] = [wanted(body, 'key'), wanted(body, 'version')];
    const scope = denied ? undefined : entries.writable(scopes);
    if (!scope) {
      return { ok: false, signed_upload_url: '', message: writeDenied };
    }
    const now = Date.now();
    created = created.filter((at) => at > now - 60_000);
    if (created.length >= perMinute) {
      throw rateLimited(Math.max(1, Math.ceil(((created[0] ?? now) + 60_000 - now) / 1000)));
    }
    const entry = entries.reserve(key, version, scope);
    if (!entry) {
      throw new TwirpError(409, 'already_exists', 'cache entry with the same key, version, and scope already exists');
    }
    created.push(now);
    counts.newEntries++;
    return { ok: true, signed_upload_url: blobs.url(host, entry, 'cw'), message: '' };
  };

  const finalize = async (body: Record<string, unknown>, scopes: Scope[]) => {
    const scope = entries.writable(scopes);
    const entry = scope && entries.find(wanted(body, 'key'), wanted(body, 'version'), scope);
    if (!entry || entry.final || !entry.uploaded) {
      throw new TwirpError(404, 'not_found', 'cache entry not found');
    }
    if (Number(body.size_bytes ?? 0) !== bytesOf(entry)) {
      throw new TwirpError(400, 'invalid_argument', 'size_bytes is not the size of the upload');
    }
    Object.assign(entry, { final: true, created: Date.now(), used: Date.now() });
    await remove(entries.excess(options.maxBytes ?? 10 * 1024 ** 3));
    return { ok: true, entry_id: `${entry.id}`, message: '' };
  };

  const lookup = (body: Record<string, unknown>, scopes: Scope[], host: string, denied: boolean) => {
    const restoreKeys = Array.isArray(body.restore_keys) ? body.restore_keys.map(String) : [];
    if (denied || !scopes.some(({ Permission }) => Permission & READ)) {
      throw readDenied();
    }
    const entry = entries.match(wanted(body, 'key'), restoreKeys, wanted(body, 'version'), scopes);
    counts[entry ? 'hits' : 'misses']++;
    return entry
      ? { ok: true, signed_download_url: blobs.url(host, entry, 'r'), matched_key: entry.key }
      : { ok: false, signed_download_url: '', matched_key: '' };
  };

  /** One call of the cache service. Its answer, or a TwirpError. */
  const call = async (kind: Kind, request: IncomingMessage, denied: boolean) => {
    const body = object(await text(request));
    const token = tokenIn(request.headers.authorization);
    if (!token) {
      throw new TwirpError(401, 'unauthenticated', 'token is missing, invalid or expired');
    }
    const host = token.blobHost === 'azure' ? `${AZURE_HOST}:${port}` : `127.0.0.1:${port}`;
    switch (kind) {
      case 'create':
        return create(body, token.scopes, host, denied);
      case 'finalize':
        return finalize(body, token.scopes);
      default:
        return lookup(body, token.scopes, host, denied);
    }
  };

  const twirp = async (kind: Kind, request: IncomingMessage, response: ServerResponse, denied: boolean) => {
    try {
      const answer = await call(kind, request, denied);
      await shaper.response();
      json(response, 200, answer);
    } catch (error) {
      const { status, code, message, headers } =
        error instanceof TwirpError ? error : new TwirpError(500, 'internal', `${error}`);
      await shaper.response();
      json(response, status, { code, msg: message }, headers);
    }
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname.startsWith('/control/')) {
      return json(response, 200, await steer(url.pathname.slice('/control/'.length), await text(request)));
    }
    const kind = kindOf(request, url);
    if (!kind) {
      request.resume();
      return json(response, 404, { code: 'bad_route', msg: `no handler for path "${url.pathname}"` });
    }
    counts.requests[kind]++;
    counts.peak = Math.max(counts.peak, ++atOnce);
    const line = { at: Date.now(), kind, status: 0, range: `${request.headers['x-ms-range'] ?? ''}` };
    log.splice(0, Math.max(0, log.push(line) - 10_000));
    response.on('close', () => {
      atOnce--;
      line.status = response.headersSent ? response.statusCode : 0;
    });
    await shaper.request(request.socket);
    const mine = faults.take(kind);
    for (const fault of mine) {
      if (fault.what === 'reset') {
        request.socket.resetAndDestroy();
        return;
      }
      if (fault.what === 'hang' || fault.what === 'stall') {
        stuck.add(request.socket);
      }
      if (fault.what === 'hang') {
        return;
      }
      if (fault.what === 'slow') {
        await sleep(fault.delayMs, closing.signal);
      }
      if (fault.what === 'status') {
        request.resume();
        return fail(response, kind, fault);
      }
    }
    await (kind === 'upload' || kind === 'download'
      ? blobs.handle(request, response, url, mine)
      : twirp(
          kind,
          request,
          response,
          mine.some(({ what }) => what === 'deny'),
        ));
  };

  const server = createServer((request, response) => {
    // A client that goes away, a file that was evicted meanwhile: the connection ends, the service goes on.
    handle(request, response).catch(() => response.destroy());
  });
  Object.assign(server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 120_000 });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.unref();
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      stuck.delete(socket);
    });
  });
  const listen = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    server.unref();
  };
  const stop = async () => {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    for (const socket of sockets) {
      socket.destroy();
    }
    await closed;
  };
  /** Listens, unless a fault says that nothing does. */
  const settle = async () => {
    const open = !faults.has('refuse') && !closing.signal.aborted;
    if (open !== server.listening) {
      await (open ? listen() : stop());
    }
  };
  await listen();

  const service: CacheService = {
    url: `http://127.0.0.1:${port}/`,
    log,
    env: ({ scopes = grants.push('refs/heads/main'), mode, blobHost = 'azure' } = {}) => ({
      ACTIONS_CACHE_SERVICE_V2: 'True',
      ACTIONS_RESULTS_URL: service.url,
      ACTIONS_CACHE_URL: service.url,
      ACTIONS_RUNTIME_TOKEN: tokenOf(scopes, blobHost),
      ...(mode ? { ACTIONS_CACHE_MODE: mode } : {}),
      ...(blobHost === 'azure' ? azure() : {}),
    }),
    entries: () =>
      entries
        .final()
        .sort((a, b) => a.created - b.created || a.id - b.id)
        .map((it) => ({
          ...{ key: it.key, version: it.version, scope: it.scope },
          ...{ bytes: bytesOf(it), created: new Date(it.created) },
        })),
    get counts() {
      return { ...structuredClone(counts), ...traffic };
    },
    resetCounts() {
      counts = noCounts();
      Object.assign(traffic, { bytesUp: 0, bytesDown: 0 });
    },
    evict: (key) => remove(entries.final().filter((it) => key === undefined || it.key === key)),
    async corrupt(key, how = 'bytes') {
      const hit = entries.final().filter((it) => it.key === key);
      for (const part of hit.flatMap(({ parts }) => parts)) {
        await damage(part, how);
      }
      return hit.length;
    },
    async fault(fault) {
      const off = faults.add(fault);
      await settle();
      return async () => {
        off();
        await settle();
      };
    },
    async heal() {
      faults.clear();
      for (const socket of stuck) {
        socket.destroy();
      }
      await settle();
    },
    setLink(link) {
      shaper.link = link;
    },
    setNewEntriesPerMinute(limit) {
      perMinute = limit;
    },
    async close() {
      closing.abort();
      await stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
      process.off('exit', sweep);
    },
  };

  /** For a service in a process of its own: its methods over HTTP. */
  const steer = async (name: string, body: string): Promise<unknown> => {
    const member = Object.hasOwn(service, name) ? (service as unknown as Record<string, unknown>)[name] : undefined;
    const result = typeof member === 'function' ? await member(...JSON.parse(body || '[]')) : member;
    return { result: typeof result === 'function' ? null : (result ?? null) };
  };

  return service;
}

/** Calls a method, or reads a property, of a service in another process. Faults are switched off with `heal`. */
export async function control(url: string, name: keyof CacheService, ...args: unknown[]): Promise<unknown> {
  const response = await fetch(new URL(`/control/${name}`, url), { method: 'POST', body: JSON.stringify(args) });
  if (!response.ok) {
    throw new Error(`${name}: ${response.status}`);
  }
  return ((await response.json()) as { result: unknown }).result;
}

/** Removes what services left whose process was killed. */
async function clearUp(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const pid = name.startsWith(PREFIX) ? Number(/^\d+(?=-)/.exec(name.slice(PREFIX.length))?.[0]) : Number.NaN;
    if (pid && !alive(pid)) {
      await rm(join(base, name), { recursive: true, force: true });
    }
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function azure(): Record<string, string> {
  const direct = (value: string | undefined) => [value, '127.0.0.1', AZURE_HOST].filter(Boolean).join(',');
  return {
    NODE_OPTIONS: [process.env.NODE_OPTIONS, resolverImport].filter(Boolean).join(' '),
    NO_PROXY: direct(process.env.NO_PROXY),
    no_proxy: direct(process.env.no_proxy),
  };
}

function kindOf(request: IncomingMessage, url: URL): Kind | undefined {
  if (url.pathname.startsWith('/actions-cache/')) {
    return request.method === 'GET' || request.method === 'HEAD' ? 'download' : 'upload';
  }
  const call = url.pathname.startsWith(SERVICE) ? url.pathname.slice(SERVICE.length) : '';
  const isJson = /^application\/json\b/.test(request.headers['content-type'] ?? '');
  return request.method === 'POST' && isJson && Object.hasOwn(CALLS, call) ? CALLS[call] : undefined;
}

function object(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body));
  } catch {
    throw new TwirpError(400, 'malformed', 'the json request could not be decoded');
  }
}

function wanted(body: Record<string, unknown>, name: 'key' | 'version'): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '' || value.length > 512) {
    throw new TwirpError(400, 'invalid_argument', `${name} must have 1 to 512 characters`);
  }
  return value;
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      ...{ 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
      ...{ 'x-github-request-id': randomUUID(), ...headers },
    })
    .end(text);
}

const CODES: Record<number, [twirp: string, azure: string]> = {
  403: ['permission_denied', 'AuthorizationFailure'],
  429: ['resource_exhausted', 'ServerBusy'],
  500: ['internal', 'InternalError'],
  503: ['unavailable', 'ServerBusy'],
};

/** The answer that a fault asks for. */
function fail(response: ServerResponse, kind: Kind, fault: Fault & { what: 'status' }): void {
  const { status, retryAfter, message = 'the service is not well', body } = fault;
  const [twirp, azure] = CODES[status] ?? ['unknown', 'InternalError'];
  if (retryAfter !== undefined) {
    response.setHeader('Retry-After', retryAfter);
  }
  if (body !== undefined) {
    response.writeHead(status, { 'Content-Type': 'text/html' }).end(body);
  } else if (kind === 'upload' || kind === 'download') {
    refuse(response, status, azure, message);
  } else {
    json(response, status, { code: twirp, msg: message });
  }
}

/** One byte in every 64 KB is another, or the second half is missing. */
async function damage(part: { file: string; bytes: number }, how: 'bytes' | 'truncate'): Promise<void> {
  if (how === 'truncate') {
    part.bytes = Math.floor(part.bytes / 2);
    return truncate(part.file, part.bytes);
  }
  const file = await open(part.file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    for (let at = Math.min(100, part.bytes - 1); at < part.bytes; at += 1 << 16) {
      await file.read(byte, 0, 1, at);
      byte[0] = (byte[0] ?? 0) ^ 0xff;
      await file.write(byte, 0, 1, at);
    }
  } finally {
    await file.close();
  }
}

/** Ends with the process that started it, or after some hours, whatever comes first. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      link: { type: 'string', default: process.env.CACHE_SERVICE_LINK ?? '' },
      limit: { type: 'string', default: '200' },
      hours: { type: 'string', default: '4' },
      directory: { type: 'string', default: tmpdir() },
    },
  });
  const link = values.link === 'hosted' ? HOSTED : values.link ? (JSON.parse(values.link) as Link) : null;
  const service = await startCacheService({
    ...{ link, newEntriesPerMinute: Number(values.limit), directory: values.directory },
  });
  const leave = () => void service.close().then(() => process.exit());
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && leave(), 500);
  setTimeout(leave, Number(values.hours) * 3_600_000);
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  console.log(JSON.stringify({ url: service.url, env: service.env() }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main();
}
