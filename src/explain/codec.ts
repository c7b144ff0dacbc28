// A record as a text, and back. Pure.

import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import type { BuildRecord } from './record.ts';

export function writeRecord(record: BuildRecord): string {
  return brotliCompressSync(JSON.stringify(record), { params: { 1: 4 } }).toString('base64');
}

export function readRecord(text: string): { record: BuildRecord; reason: null } | { record: null; reason: string } {
  try {
    return { record: JSON.parse(brotliDecompressSync(Buffer.from(text, 'base64')).toString()), reason: null };
  } catch {
    return { record: null, reason: 'its record is damaged' };
  }
}
