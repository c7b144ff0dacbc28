// The directory an instruction works in. Paths are computed, never looked up.
import { isAbsolute, join } from 'node:path/posix';
import type { Dockerfile, Stage } from './dockerfile.ts';
import { ancestry } from './stages.ts';
import { type BuildArgs, resolve, type Seen, scopes } from './variables.ts';

/** An instruction with what it sees and where it works. */
export interface Placed extends Seen {
  /**
   * Absolute; or relative, and then to the working directory of the base image, which the file does not say; or null
   * where a WORKDIR depends on a variable nobody knows.
   */
  workdir: string | null;
}

/** The instructions of scopes(), each with its working directory. */
export function* places(dockerfile: Dockerfile, stage: Stage, buildArgs: BuildArgs = {}): Generator<Placed> {
  let workdir: string | null = ancestry(dockerfile, stage)[0]?.base.kind === 'scratch' ? '/' : '.';
  for (const seen of scopes(dockerfile, stage, buildArgs)) {
    yield { ...seen, workdir };
    if (seen.instruction.keyword !== 'WORKDIR') continue;
    const path = resolve(seen.instruction.rest, seen.scope, dockerfile.escape);
    workdir = path === null ? null : changeDirectory(workdir, path);
  }
}

// PATH_MAX of Linux.
const LONGEST_PATH = 4096;

/**
 * The directory after a change from `directory` (null: unknown) to `path`, without a slash at its end; null too where no
 * path is so long.
 */
export function changeDirectory(directory: string | null, path: string): string | null {
  if (isAbsolute(path)) directory = '/';
  if (directory === null) return null;
  const joined = join(directory, path);
  if (joined.length > LONGEST_PATH) return null;
  return joined.length > 1 ? joined.replace(/\/$/, '') : joined;
}
