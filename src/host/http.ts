// A small HTTP server on the loopback address. What it answers is the caller's business; it takes care of connections.

import { createReadStream } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface HttpRequest {
  method: string;
  /** As it was sent: nothing is decoded, no `..` is resolved. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Fails when the client goes away before the end; `errored` then says so. */
  body: Readable;
}

export interface HttpReply {
  status: number;
  headers?: Record<string, string | number>;
  /** Its length is put into the headers. For HEAD the length is told and the body is not sent. */
  body?: Buffer | FilePart;
  /** Called when the body has gone out, or as much of it as the client took. */
  sent?: (bytes: number) => void;
}

export interface FilePart {
  file: string;
  start: number;
  bytes: number;
}

export interface HttpServer {
  port: number;
  /** Takes no more requests, and breaks off those that are under way. */
  close(): void;
}

/**
 * Serves on 127.0.0.1 and a free port. Nobody's silence ends a connection: an engine compresses a large layer while it
 * sends it, and a connection closed while idle is a lost request for a client that is just about to reuse it. So that
 * silence holds nothing up either, no connection keeps the process alive, and `close` ends them all.
 *
 * The containerd image store tries https first and falls back to http when the answer to its TLS hello starts with
 * `HTTP/`: what Node answers to bytes it cannot read, 400, is left as it is.
 */
export async function serve(answer: (request: HttpRequest) => Promise<HttpReply>): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, (incoming, outgoing) => {
    const [path = '', query] = (incoming.url ?? '').split('?', 2);
    const { method = '', headers } = incoming;
    answer({ method, path, query: new URLSearchParams(query), headers, body: incoming })
      .then((reply) => send(reply, incoming, outgoing))
      // The client went away, or the file did: either way nothing more can be said on this connection.
      .catch(() => outgoing.destroy());
  });
  server.on('connection', (socket) => socket.unref());
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function send(reply: HttpReply, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { status, headers, body, sent } = reply;
  outgoing.statusCode = status;
  outgoing.setHeaders(new Map(Object.entries({ ...headers, ...(body && { 'Content-Length': bytesOf(body) }) })));
  if (!body || Buffer.isBuffer(body) || body.bytes === 0 || incoming.method === 'HEAD') {
    outgoing.end(Buffer.isBuffer(body) ? body : undefined);
    sent?.(body ? bytesOf(body) : 0);
  } else {
    const { file, start, bytes } = body;
    const source = createReadStream(file, { start, end: start + bytes - 1, highWaterMark: 1 << 18 });
    await pipeline(source, outgoing, { end: false }).finally(() => sent?.(source.bytesRead));
    // Of a file that is shorter than was said, the client would wait for the rest.
    if (source.bytesRead < bytes) throw new Error(`${file} is too short`);
    outgoing.end();
  }
  // What is left of a body that was refused must be read, or the connection's next request is never seen.
  incoming.resume();
}

const bytesOf = (body: Buffer | FilePart): number => (Buffer.isBuffer(body) ? body.length : body.bytes);
