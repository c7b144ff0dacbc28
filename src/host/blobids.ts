// The names that git would give the content of files, for files that are read for it: many small ones fast, and large ones
// without holding them in memory.

import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { GitBlob } from './git.ts';

// What was a file when it was listed may have become a pipe, which must not hold us up, or a link.
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const MOST_AT_ONCE = 1 << 20;
const MOST_LARGE_FILES = 4;

// Whoever else has something to do, such as reading what docker prints, waits no longer than this.
const MOST_MILLISECONDS = 20;

/**
 * The blobs that git would make of these files, unconverted; null for one that is not there, is no file or may not be read.
 * Of a file that grows meanwhile it is the part that was there.
 */
export async function readBlobs(directory: string, paths: readonly string[]): Promise<(GitBlob | null)[]> {
  const blobs: (GitBlob | null)[] = [];
  const large: number[] = [];
  const buffer = Buffer.allocUnsafe(MOST_AT_ONCE);
  let since = performance.now();
  for (const [at, path] of paths.entries()) {
    const blob = readSmall(`${directory}/${path}`, buffer);
    blobs.push(blob === 'large' ? null : blob);
    if (blob === 'large') large.push(at);
    if (performance.now() - since < MOST_MILLISECONDS) continue;
    await setImmediate();
    since = performance.now();
  }
  const readers = Array.from({ length: Math.min(MOST_LARGE_FILES, large.length) }, async () => {
    for (let at = large.pop(); at !== undefined; at = large.pop()) {
      blobs[at] = await readLarge(`${directory}/${paths[at]}`).catch(() => null);
    }
  });
  await Promise.all(readers);
  return blobs;
}

/** The blob that git would make of this content. */
export function blobOf(content: Buffer): GitBlob {
  return { id: begin(content.length).update(content).digest('hex'), bytes: content.length };
}

function begin(bytes: number): Hash {
  return createHash('sha1').update(`blob ${bytes}\0`);
}

// Calls that wait, on purpose: a promise for each of 100,000 files takes several times as long.
function readSmall(path: string, buffer: Buffer): GitBlob | null | 'large' {
  try {
    const file = openSync(path, READ);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) return null;
      if (stats.size > MOST_AT_ONCE) return 'large';
      return blobOf(buffer.subarray(0, readSync(file, buffer, 0, stats.size, 0)));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

async function readLarge(path: string): Promise<GitBlob | null> {
  const file = await open(path, READ);
  try {
    const buffer = Buffer.allocUnsafe(MOST_AT_ONCE);
    // The size stands in front, so that a file that was cut off meanwhile is read again.
    for (let tries = 0; tries < 3; tries++) {
      const stats = await file.stat();
      const id = stats.isFile() ? await hash(file, stats.size, buffer) : null;
      if (id !== null) return { id, bytes: stats.size };
    }
    return null;
  } finally {
    await file.close();
  }
}

async function hash(file: FileHandle, bytes: number, buffer: Buffer): Promise<string | null> {
  const sum = begin(bytes);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    if (bytesRead === 0) return null;
    sum.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return sum.digest('hex');
}
