// Which builds share a cache: one scope per image, and in it one variant for each set of build arguments. Pure.

import { createHash } from 'node:crypto';

export interface ScopeOf {
  /** What the user chose, or ''. */
  chosen: string;
  /** From the top of the repository: runners keep that in different places. */
  dockerfile: string;
  target: string;
  platforms: string[];
  /** Build arguments and whatever else makes jobs of one matrix build different images. */
  variables: string[];
}

export interface Scope {
  /** 24 hexadecimal digits. */
  name: string;
  /** 5 hexadecimal digits: enough to tell two jobs apart, and too few to confirm a guess at the value of an argument. */
  variant: string;
}

/**
 * By default there is a scope for each Dockerfile, target and set of platforms, so that the jobs of a matrix and the images
 * of a repository never overwrite each other. A job starts with the last save of its own variant, or else of any: a matrix
 * over build arguments has as many variants as jobs, but an argument may also be another one in each run.
 */
export function scopeOf({ chosen, dockerfile, target, platforms, variables }: ScopeOf): Scope {
  const parts = chosen === '' ? ['default', dockerfile, target, ...[...platforms].sort()] : ['chosen', chosen];
  return { name: hash(parts, 24), variant: hash([...variables].sort(), 5) };
}

function hash(parts: string[], digits: number): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits);
}
