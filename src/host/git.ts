// What git says of a directory. Where it says nothing (no git, no work tree, one that belongs to somebody else), the
// answer is null.

import { ProgramMissing, run } from './process.ts';

/** The top of the work tree in which a directory lies, links resolved. */
export async function topLevel(directory: string): Promise<string | null> {
  const printed = await git(directory, ['rev-parse', '--show-toplevel']);
  return printed?.replace(/\r?\n$/, '') || null;
}

/**
 * The files below a directory that match a pattern, relative to it: those that git tracks, and those that it would, had
 * they been added. What is ignored is left out; so are other repositories inside.
 */
export async function filesBelow(directory: string, patterns: readonly string[]): Promise<string[] | null> {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...patterns];
  const printed = await git(directory, list);
  // A file whose merge is not settled is named once for each side.
  return printed === null ? null : [...new Set(printed.split('\0').filter((path) => path !== ''))];
}

async function git(directory: string, args: string[]): Promise<string | null> {
  try {
    const { exitCode, stdout } = await run('git', ['-C', directory, ...args]);
    return exitCode === 0 ? stdout : null;
  } catch (error) {
    if (error instanceof ProgramMissing) return null;
    throw error;
  }
}
