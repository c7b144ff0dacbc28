// Which builds share a cache: one scope per image. Pure.

import { createHash } from 'node:crypto';

export interface ScopeOf {
  /** What the user chose, or ''. */
  chosen: string;
  dockerfile: string;
  target: string;
  platforms: string[];
}

/**
 * The name of a scope in the store: 24 hexadecimal digits. By default one for each Dockerfile, target and set of
 * platforms, so that the jobs of a matrix and the images of a repository never overwrite each other.
 */
export function scopeName({ chosen, dockerfile, target, platforms }: ScopeOf): string {
  const parts = chosen === '' ? ['default', dockerfile, target, ...[...platforms].sort()] : ['chosen', chosen];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}
