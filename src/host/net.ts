// Connections to a program that is being tried out: can one be made, and what is answered to an HTTP request?

import { request } from 'node:http';
import { connect } from 'node:net';

/** `open`: it was made; `refused`: nobody listens there; `unreachable`: it cannot be told from here. */
export type Knock = 'open' | 'refused' | 'unreachable';

/**
 * Makes a TCP connection and closes it.
 * @param patience seconds in which it must be made
 * @param stays seconds for which it must stay open: a proxy in between takes every connection, and ends those that lead
 *   nowhere
 */
export function knock(address: string, port: number, patience: number, stays = 0): Promise<Knock> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let made = false;
    const end = (knock: Knock) => {
      resolve(knock);
      socket.destroy();
    };
    socket.setTimeout(patience * 1000, () => end(made ? 'open' : 'unreachable'));
    socket.once('connect', () => {
      made = true;
      if (stays === 0) end('open');
      else socket.setTimeout(stays * 1000);
    });
    socket.once('data', () => end('open'));
    socket.once('end', () => end('refused'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      end(made || code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'refused' : 'unreachable');
    });
  });
}

export interface Answer {
  status: number;
  /** The beginning of the body, as UTF-8. */
  body: string;
}

/** Bytes of a body that are looked at. */
const BODY = 1 << 20;

/**
 * Asks for a page; redirections are not followed.
 * @param patience seconds in which all of it must be there
 * @returns the answer, or why there is none
 */
export function get(
  address: string,
  port: number,
  path: string,
  patience: number,
): Promise<Answer | { problem: string }> {
  return new Promise((resolve) => {
    const asked = request({ host: address, port, path, agent: false, headers: { host: `localhost:${port}` } });
    const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${patience} s`)), patience * 1000);
    const end = (result: Answer | { problem: string }) => {
      clearTimeout(timer);
      resolve(result);
      asked.destroy();
    };
    asked.once('error', (error: NodeJS.ErrnoException) => end({ problem: reasonOf(error) }));
    asked.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const done = () => {
        end({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).subarray(0, BODY).toString('utf8') });
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= BODY) done();
      });
      response.once('end', done);
      // It broke off: what is there counts.
      response.once('error', done);
    });
    asked.end();
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ECONNRESET') return 'connection closed without an answer';
  return code?.startsWith('HPE_') ? 'what came is not HTTP' : message;
}
