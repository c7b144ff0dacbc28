// The registry's protocol, spoken by a plain HTTP client.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm, symlink, truncate } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Digest } from '../../src/cache/blobs.ts';
import { type Registry, type RegistryEvent, startRegistry } from '../../src/cache/registry.ts';
import { DirectoryBlobs, evict } from '../support/blobs.ts';
import { node24, root } from '../support/engine.ts';

const sha256 = (content: string | Buffer): Digest => `sha256:${createHash('sha256').update(content).digest('hex')}`;

const BLOB = '0123456789';
const DIGEST = sha256(BLOB);
const UNKNOWN = sha256('never pushed');
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

let blobs: DirectoryBlobs;
let registry: Registry;
let events: RegistryEvent[];
let agent: Agent;

beforeEach(async () => {
  blobs = new DirectoryBlobs();
  events = [];
  registry = await startRegistry(blobs, (event) => events.push(event));
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  agent.destroy();
  await registry.close();
  await rm(blobs.directory, { recursive: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const port = () => Number(registry.address.split(':')[1]);
const at = (path: string) => `/v2/${registry.repository}/${path}`;

/** All requests of a test go through one connection: it must be usable after every answer. */
function open(method: string, path: string, headers: Record<string, string | number> = {}) {
  return request({ host: '127.0.0.1', port: port(), agent, method, path, headers });
}

async function send(
  method: string,
  path: string,
  headers: Record<string, string | number> = {},
  body: string | Buffer = '',
): Promise<Answer> {
  const outgoing = open(method, path, headers);
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  const chunks: Buffer[] = await incoming.toArray();
  return { status: incoming.statusCode, headers: incoming.headers, body: Buffer.concat(chunks).toString('latin1') };
}

const push = (content: string | Buffer = BLOB) =>
  send('POST', at(`blobs/uploads/?digest=${sha256(content)}`), {}, content);

async function begin(): Promise<string> {
  const { status, headers } = await send('POST', at('blobs/uploads/'));
  expect(status).toBe(202);
  return headers.location ?? '';
}

const codes = ({ status, headers, body }: Answer) => {
  expect(headers['content-type']).toBe('application/json');
  return [status, ...JSON.parse(body).errors.map(({ code }: { code: string }) => code)];
};

/** What the disk holds and what went through, without the times. */
const seen = () => events.map(({ ...event }) => ({ ...event, ...('seconds' in event && { seconds: 0 }) }));

/** A client has its answer a little before the server has done with it. */
async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !condition(); await sleep(5)) {
    if (Date.now() > end) throw new Error(`still not: ${condition}`);
  }
}

describe('endpoints', () => {
  test.each(['GET', 'HEAD'])('%s /v2/ says that this is a registry', async (method) => {
    const { status, headers } = await send(method, '/v2/');
    expect([status, headers['docker-distribution-api-version']]).toEqual([200, 'registry/2.0']);
  });

  test('the repository is another one every time', async () => {
    const other = await startRegistry(blobs, () => {});
    await other.close();
    expect(other.repository).toMatch(/^[0-9a-f]{32}\/cache$/);
    expect(other.repository).not.toBe(registry.repository);
  });

  const long = 'a'.repeat(5000);
  test.each<[string, (repository: string) => string, number, string]>([
    ['GET', () => '/', 404, 'NAME_UNKNOWN'],
    ['GET', () => '/v2', 404, 'NAME_UNKNOWN'],
    ['GET', () => '/v2/_catalog', 404, 'NAME_UNKNOWN'],
    ['GET', () => `/v2/other/cache/blobs/${DIGEST}`, 404, 'NAME_UNKNOWN'],
    ['GET', (name) => `/v2/${name.replace('/cache', '')}/blobs/${DIGEST}`, 404, 'NAME_UNKNOWN'],
    ['GET', (name) => `/v2/${name}/blobs/`, 404, 'NAME_UNKNOWN'],
    ['GET', (name) => `/v2/${name}/tags/list`, 404, 'NAME_UNKNOWN'],
    ['GET', (name) => `/v2/${name}/blobs/../../../../../etc/passwd`, 404, 'NAME_UNKNOWN'],
    ['GET', (name) => `/v2/x/../${name}/blobs/${DIGEST}`, 404, 'NAME_UNKNOWN'],
    ['GET', (name) => `/v2/${name}/blobs/..%2f..%2fetc%2fpasswd`, 400, 'DIGEST_INVALID'],
    ['GET', (name) => `/v2/${name}/blobs/..`, 400, 'DIGEST_INVALID'],
    ['GET', (name) => `/v2/${name}/blobs/${DIGEST.toUpperCase()}`, 400, 'DIGEST_INVALID'],
    ['GET', (name) => `/v2/${name}/blobs/${DIGEST.replace(':', '%3A')}`, 400, 'DIGEST_INVALID'],
    ['GET', (name) => `/v2/${name}/blobs/sha512:${'0'.repeat(128)}`, 400, 'DIGEST_INVALID'],
    ['GET', (name) => `/v2/${name}/blobs/sha256:${long}`, 400, 'DIGEST_INVALID'],
    ['GET', (name) => `/v2/${name}/manifests/..`, 404, 'MANIFEST_UNKNOWN'],
    ['GET', (name) => `/v2/${name}/manifests/%2e%2e`, 404, 'MANIFEST_UNKNOWN'],
    ['GET', (name) => `/v2/${name}/manifests/${long}`, 404, 'MANIFEST_UNKNOWN'],
    ['PUT', (name) => `/v2/${name}/manifests/..`, 400, 'MANIFEST_INVALID'],
    ['PUT', (name) => `/v2/${name}/manifests/${long}`, 400, 'MANIFEST_INVALID'],
    ['PUT', (name) => `/v2/${name}/manifests/sha512:${'0'.repeat(128)}`, 400, 'MANIFEST_INVALID'],
    ['DELETE', (name) => `/v2/${name}/manifests/latest`, 405, 'UNSUPPORTED'],
    ['DELETE', (name) => `/v2/${name}/blobs/${DIGEST}`, 405, 'UNSUPPORTED'],
    ['POST', (name) => `/v2/${name}/blobs/uploads/?digest=../../x`, 400, 'DIGEST_INVALID'],
    ['POST', (name) => `/v2/${name}/blobs/uploads/?digest=`, 400, 'DIGEST_INVALID'],
    ['PATCH', (name) => `/v2/${name}/blobs/uploads/..`, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['PATCH', (name) => `/v2/${name}/blobs/uploads/..%2f..%2fx`, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['PUT', (name) => `/v2/${name}/blobs/uploads/__proto__?digest=${DIGEST}`, 404, 'BLOB_UPLOAD_UNKNOWN'],
  ])('%s %s', async (method, path, status, code) => {
    await push();
    expect(codes(await send(method, path(registry.repository), {}, method.startsWith('P') ? BLOB : ''))).toEqual([
      status,
      code,
    ]);
    expect(blobs.files).toEqual([DIGEST]);
    expect(blobs.manifests.size).toBe(0);
  });

  test('an unknown request is an event', async () => {
    await send('GET', '/v2/_catalog?n=1');
    await send('DELETE', at('manifests/latest'));
    expect(events).toEqual([
      { type: 'unknown-request', method: 'GET', path: '/v2/_catalog' },
      { type: 'unknown-request', method: 'DELETE', path: at('manifests/latest') },
    ]);
  });

  test('a TLS hello is answered in HTTP, which makes an engine fall back', async () => {
    const socket = connect(port(), '127.0.0.1');
    socket.write(Buffer.from('160301020001000001fc0303', 'hex'));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('manifests', () => {
  const content = '{"schemaVersion":2}\n';
  const digest = sha256(content);

  test.each(['latest', digest])('a manifest pushed as %s comes back byte for byte', async (reference) => {
    const put = await send('PUT', at(`manifests/${reference}`), { 'Content-Type': MANIFEST_TYPE }, content);
    expect(put.status).toBe(201);
    expect(put.headers).toMatchObject({ location: at(`manifests/${digest}`), 'docker-content-digest': digest });
    for (const name of new Set([reference, digest])) {
      const expected = {
        'content-type': MANIFEST_TYPE,
        'docker-content-digest': digest,
        'content-length': String(content.length),
      };
      const get = await send('GET', at(`manifests/${name}`));
      expect([get.status, get.body]).toEqual([200, content]);
      expect(get.headers).toMatchObject(expected);
      const head = await send('HEAD', at(`manifests/${name}`));
      expect([head.status, head.body]).toEqual([200, '']);
      expect(head.headers).toMatchObject(expected);
    }
    expect(events).toEqual([{ type: 'manifest-pushed', digest, tag: reference === digest ? null : reference }]);
  });

  test.each<[string, string, Record<string, string>, string | Buffer, number, string]>([
    ['another digest', UNKNOWN, { 'Content-Type': MANIFEST_TYPE }, content, 400, 'DIGEST_INVALID'],
    ['no media type', 'latest', {}, content, 400, 'MANIFEST_INVALID'],
    ['too large', 'latest', { 'Content-Type': MANIFEST_TYPE }, Buffer.alloc((4 << 20) + 1), 413, 'MANIFEST_INVALID'],
  ])('refused: %s', async (_, reference, headers, body, status, code) => {
    expect(codes(await send('PUT', at(`manifests/${reference}`), headers, body))).toEqual([status, code]);
    expect(blobs.manifests.size).toBe(0);
    expect(codes(await send('GET', at(`manifests/${reference}`)))).toEqual([404, 'MANIFEST_UNKNOWN']);
  });

  test('4 MiB are taken', async () => {
    const { status } = await send('PUT', at('manifests/a'), { 'Content-Type': MANIFEST_TYPE }, Buffer.alloc(4 << 20));
    expect(status).toBe(201);
  });
});

describe('blobs', () => {
  test('HEAD tells the size and fetches nothing', async () => {
    await push();
    evict(blobs, 'must not be asked');
    const { status, headers, body } = await send('HEAD', at(`blobs/${DIGEST}`));
    expect([status, body]).toEqual([200, '']);
    expect(headers).toMatchObject({
      'content-length': '10',
      'docker-content-digest': DIGEST,
      'accept-ranges': 'bytes',
    });
    expect((await send('HEAD', at(`blobs/${UNKNOWN}`))).status).toBe(404);
  });

  test.each<[string, number, string, string | undefined]>([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=3-3', 206, '3', 'bytes 3-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=0-', 206, BLOB, 'bytes 0-9/10'],
    ['bytes=8-99999999999999999999', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, BLOB, 'bytes 0-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=10-20', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=5-4', 200, BLOB, undefined],
    ['bytes=0-1,3-4', 200, BLOB, undefined],
    ['bytes=-', 200, BLOB, undefined],
    ['lines=1-2', 200, BLOB, undefined],
  ])('Range: %s', async (range, status, body, contentRange) => {
    await push();
    const answer = await send('GET', at(`blobs/${DIGEST}`), { Range: range });
    expect([answer.status, answer.body, answer.headers['content-range']]).toEqual([status, body, contentRange]);
    expect(answer.headers['content-length']).toBe(String(body.length));
  });

  test('what went out is counted', async () => {
    await push();
    await send('GET', at(`blobs/${DIGEST}`));
    await send('GET', at(`blobs/${DIGEST}`), { Range: 'bytes=8-' });
    await until(() => events.length === 3);
    expect(seen()).toEqual([
      { type: 'blob-uploaded', digest: DIGEST, bytes: 10, seconds: 0 },
      { type: 'blob-served', digest: DIGEST, bytes: 10, complete: true, seconds: 0 },
      { type: 'blob-served', digest: DIGEST, bytes: 2, complete: true, seconds: 0 },
    ]);
  });

  test('an empty blob', async () => {
    await push('');
    expect(await send('GET', at(`blobs/${sha256('')}`))).toMatchObject({ status: 200, body: '' });
    expect((await send('GET', at(`blobs/${sha256('')}`), { Range: 'bytes=0-' })).status).toBe(416);
  });

  test('a blob that nobody has', async () => {
    expect(codes(await send('GET', at(`blobs/${UNKNOWN}`)))).toEqual([404, 'BLOB_UNKNOWN']);
    expect(events).toEqual([{ type: 'blob-gone', digest: UNKNOWN, reason: 'it is not there' }]);
  });

  test('a blob that was evicted', async () => {
    await push();
    evict(blobs, 'evicted');
    expect(codes(await send('GET', at(`blobs/${DIGEST}`)))).toEqual([404, 'BLOB_UNKNOWN']);
    expect(events.at(-1)).toEqual({ type: 'blob-gone', digest: DIGEST, reason: 'evicted' });
  });

  test('a port that fails in a way nobody thought of', async () => {
    await push();
    blobs.fetch = async () => {
      throw new Error('no idea');
    };
    expect(codes(await send('GET', at(`blobs/${DIGEST}`)))).toEqual([500, 'UNKNOWN']);
    expect(events.at(-1)).toEqual({
      type: 'failed',
      method: 'GET',
      path: at(`blobs/${DIGEST}`),
      reason: 'Error: no idea',
    });
  });

  test.each<[string, (file: string) => Promise<void>]>([
    ['is gone', (file) => rm(file)],
    ['is too short', (file) => truncate(file, 4)],
  ])('a file that %s breaks the connection, where a client would wait', async (_, damage) => {
    await push();
    await damage(join(blobs.directory, DIGEST));
    await expect(send('GET', at(`blobs/${DIGEST}`))).rejects.toThrow();
    await until(() => events.length === 2);
    expect(events[1]).toMatchObject({ type: 'blob-served', complete: false });
  });
});

describe('uploads', () => {
  test('POST, PATCH, PATCH, PUT', async () => {
    const location = await begin();
    const one = await send('PATCH', location, { 'Content-Range': '0-3' }, '0123');
    expect([one.status, one.headers.range, one.headers.location]).toEqual([202, '0-3', location]);
    const status = await send('GET', location);
    expect([status.status, status.headers.range, status.headers.location]).toEqual([204, '0-3', location]);
    // As Docker sends it: no Content-Range, and no length either.
    const two = await send('PATCH', location, { 'Transfer-Encoding': 'chunked' }, '456789');
    expect([two.status, two.headers.range]).toEqual([202, '0-9']);
    const end = await send('PUT', `${location}?digest=${encodeURIComponent(DIGEST)}`);
    expect([end.status, end.headers.location, end.headers['docker-content-digest']]).toEqual([
      201,
      at(`blobs/${DIGEST}`),
      DIGEST,
    ]);
    expect((await send('GET', at(`blobs/${DIGEST}`))).body).toBe(BLOB);
    expect(codes(await send('GET', location))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });

  test('PUT with the last chunk, and with all of it', async () => {
    const chunked = await begin();
    await send('PATCH', chunked, {}, '01234');
    const wrong = await send('PUT', `${chunked}?digest=${DIGEST}`, { 'Content-Range': '6-9' }, '6789');
    expect([wrong.status, wrong.headers.range]).toEqual([416, '0-4']);
    expect((await send('PUT', `${chunked}?digest=${DIGEST}`, { 'Content-Range': '5-9' }, '56789')).status).toBe(201);
    expect((await send('PUT', `${await begin()}?digest=${sha256('all')}`, {}, 'all')).status).toBe(201);
    expect(blobs.files.sort()).toEqual([DIGEST, sha256('all')].sort());
  });

  test.each(['5-9', '3-9', '0-3', 'bytes 4-9/10', '4', 'x'])(
    'a chunk out of order: Content-Range: %s',
    async (range) => {
      const location = await begin();
      await send('PATCH', location, { 'Content-Range': '0-3' }, '0123');
      const answer = await send('PATCH', location, { 'Content-Range': range }, '456789');
      expect([answer.status, answer.headers.range, answer.headers.location]).toEqual([416, '0-3', location]);
      // Nothing of it was taken: the upload goes on.
      expect((await send('PUT', `${location}?digest=${DIGEST}`, {}, '456789')).status).toBe(201);
    },
  );

  test('mount answers at once when the blob is there, and begins an upload when not', async () => {
    await push();
    const there = await send('POST', at(`blobs/uploads/?mount=${DIGEST}&from=library/busybox`));
    expect([there.status, there.headers.location]).toEqual([201, at(`blobs/${DIGEST}`)]);
    const missing = await send('POST', at(`blobs/uploads/?mount=${UNKNOWN}&from=library/busybox`));
    expect(missing.status).toBe(202);
    expect((await send('PUT', `${missing.headers.location}?digest=${UNKNOWN}`, {}, 'never pushed')).status).toBe(201);
  });

  test.each<[string, (location: string) => Promise<Answer>]>([
    ['POST', () => send('POST', at(`blobs/uploads/?digest=${UNKNOWN}`), {}, BLOB)],
    ['PUT', (location) => send('PUT', `${location}?digest=${UNKNOWN}`, {}, BLOB)],
  ])('%s: what is not what it claims to be is not kept', async (_, upload) => {
    expect(codes(await upload(await begin()))).toEqual([400, 'DIGEST_INVALID']);
    expect(events).toEqual([{ type: 'bad-digest', expected: UNKNOWN, actual: DIGEST }]);
    expect(blobs.files).toEqual([]);
    expect((await send('HEAD', at(`blobs/${UNKNOWN}`))).status).toBe(404);
  });

  test('PUT without a digest ends the upload', async () => {
    const location = await begin();
    await send('PATCH', location, {}, BLOB);
    expect(codes(await send('PUT', location))).toEqual([400, 'DIGEST_INVALID']);
    expect(blobs.files).toEqual([]);
  });

  test('DELETE leaves nothing', async () => {
    const location = await begin();
    await send('PATCH', location, {}, BLOB);
    expect(blobs.files).toHaveLength(1);
    expect((await send('DELETE', location)).status).toBe(204);
    expect(blobs.files).toEqual([]);
    expect(codes(await send('DELETE', location))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });

  test('a disk that is full', async () => {
    blobs.scratch = () => join(blobs.directory, 'full');
    await symlink('/dev/full', blobs.scratch());
    blobs.add = async () => {
      throw new Error('must not be asked');
    };
    const location = await begin();
    expect(codes(await send('PATCH', location, {}, Buffer.alloc(3 << 20)))).toEqual([500, 'UNKNOWN']);
    expect(events).toMatchObject([{ type: 'failed', method: 'PATCH', reason: expect.stringContaining('ENOSPC') }]);
    expect(blobs.files).toEqual([]);
  });

  test('the same blob at the same time', async () => {
    const content = Buffer.alloc(1 << 20, 'x');
    agent.maxSockets = 8;
    const answers = await Promise.all(Array.from({ length: 8 }, () => push(content)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(blobs.files).toEqual([sha256(content)]);
  });
});

describe('clients that do not behave', () => {
  beforeEach(() => {
    agent.maxSockets = 8;
  });

  /** Sends half of a body, and waits until some of it is on the disk. */
  async function half(method: string, path: string) {
    const outgoing = open(method, path, { 'Content-Length': 1000 });
    outgoing.on('error', () => {});
    outgoing.write('half');
    await until(() => blobs.files.length === 1);
    return outgoing;
  }

  test.each(['POST', 'PATCH', 'PUT'])('%s: one that goes away in the middle leaves nothing', async (method) => {
    const location = await begin();
    const path = method === 'POST' ? at('blobs/uploads/') : location;
    const outgoing = await half(method, `${path}?digest=${DIGEST}`);
    outgoing.destroy();
    await until(() => blobs.files.length === 0);
    if (method !== 'POST') expect((await send('GET', location)).status).toBe(404);
    expect(events).toEqual([]);
  });

  test('two at one upload: the second does not see it', async () => {
    const location = await begin();
    await half('PATCH', location);
    expect((await send('GET', location)).status).toBe(404);
    expect((await send('PATCH', location, {}, 'other')).status).toBe(404);
    expect((await send('PUT', `${location}?digest=${DIGEST}`, {}, 'other')).status).toBe(404);
    expect((await send('DELETE', location)).status).toBe(404);
    expect(blobs.files).toHaveLength(1);
  });

  test('one that stops reading in the middle of a blob', async () => {
    const content = Buffer.alloc(50 << 20);
    await push(content);
    const outgoing = open('GET', at(`blobs/${sha256(content)}`));
    outgoing.end();
    const [incoming] = await once(outgoing, 'response');
    incoming.destroy();
    await until(() => events.length === 2);
    const served = events[1] as RegistryEvent & { type: 'blob-served' };
    expect(served).toMatchObject({ type: 'blob-served', complete: false });
    expect(served.bytes).toBeLessThan(content.length);
  });

  test('one that goes away before a slow fetch is done', async () => {
    await push();
    let fetched = () => {};
    blobs.fetch = () =>
      new Promise((resolve) => {
        fetched = resolve;
      });
    const outgoing = open('GET', at(`blobs/${DIGEST}`));
    outgoing.on('error', () => {});
    outgoing.end();
    await sleep(50);
    outgoing.destroy();
    await sleep(50);
    fetched();
    await until(() => events.length === 2);
    expect(events[1]).toMatchObject({ type: 'blob-served', complete: false });
  });

  test('close breaks off everything and leaves no file', async () => {
    const location = await begin();
    await send('PATCH', location, {}, 'half');
    const silent = connect(port(), '127.0.0.1').on('error', () => {});
    const uploading = open('PATCH', await begin(), { 'Content-Length': 1000 }).on('error', () => {});
    uploading.write('half');
    await until(() => blobs.files.length === 2);
    const closed = [silent, uploading].map((client) => new Promise((resolve) => client.on('close', resolve)));
    await registry.close();
    await Promise.all(closed);
    expect(blobs.files).toEqual([]);
    await expect(send('GET', '/v2/')).rejects.toThrow('ECONNREFUSED');
  });
});

test('a client that hangs does not keep the process alive, not even without close', async () => {
  const program = `
    import { startRegistry } from './src/cache/registry.ts';
    const { address } = await startRegistry({}, () => {});
    process.stdout.write(address);
    await new Promise((resolve) => setTimeout(resolve, 500));`;
  const child = spawn(node24, ['--input-type=module', '--eval', program], { cwd: root });
  const ended = once(child, 'exit');
  const [address] = await once(child.stdout, 'data');
  const clients = ['', 'GET /v2/ HTTP/1.1\r\n', 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n'].map((begun) => {
    const client = connect(Number(String(address).split(':')[1]), '127.0.0.1').on('error', () => {});
    client.write(begun);
    return client;
  });
  expect(await ended).toEqual([0, null]);
  for (const client of clients) client.destroy();
});

test('300 MB go through in both directions, and never through memory', async () => {
  const chunk = Buffer.alloc(1 << 20, 'layer');
  const chunks = 300;
  const hash = createHash('sha256');
  for (let i = 0; i < chunks; i++) hash.update(chunk);
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  const before = process.memoryUsage.rss();
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss() - before);
  }, 10);

  const upload = open('PUT', `${await begin()}?digest=${digest}`, { 'Transfer-Encoding': 'chunked' });
  const answered = once(upload, 'response');
  await pipeline(Readable.from(Array(chunks).fill(chunk)), upload);
  const [answer] = await answered;
  answer.resume();
  expect(answer.statusCode).toBe(201);

  const download = open('GET', at(`blobs/${digest}`));
  download.end();
  const [incoming] = await once(download, 'response');
  const received = createHash('sha256');
  for await (const part of incoming) received.update(part);
  clearInterval(watch);
  expect(`sha256:${received.digest('hex')}`).toBe(digest);
  await until(() => events.length === 2);
  expect(seen()).toEqual([
    { type: 'blob-uploaded', digest, bytes: chunks << 20, seconds: 0 },
    { type: 'blob-served', digest, bytes: chunks << 20, complete: true, seconds: 0 },
  ]);
  expect(peak).toBeLessThan(100 << 20);
});
