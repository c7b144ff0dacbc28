// What git says of a directory. Where it says nothing (no git, no work tree, one that belongs to somebody else), the
// answer is null.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ProgramMissing, run } from './process.ts';

/** The top of the work tree in which a directory lies, links resolved. */
export async function topLevel(directory: string): Promise<string | null> {
  const printed = await git(directory, ['rev-parse', '--show-toplevel']);
  return printed?.replace(/\r?\n$/, '') || null;
}

/** The directory and those above it, up to the top of its work tree; only itself, where it lies in none. Starts no program. */
export function directoriesUpToTop(directory: string): string[] {
  const directories: string[] = [];
  for (let at = resolve(directory); !directories.includes(at); at = dirname(at)) {
    directories.push(at);
    if (existsSync(join(at, '.git'))) return directories;
  }
  return directories.slice(0, 1);
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

const MOST_COMMITS = 200;
// A repository that takes longer is not worth the wait.
const MOST_MILLISECONDS = 3000;

/**
 * The files that each of the last commits changed, the newest first, as paths relative to the directory; those outside it
 * are left out. Merges count as one commit each. Waits for git, which takes some 20 ms.
 */
export function recentChanges(directory: string): string[][] {
  // Of a merge what it brought; no renames and no lazy fetching, which would read or download files.
  const how = ['--first-parent', '-m', '--name-only', '--no-renames', '--no-show-signature', '--relative', '-z'];
  try {
    const log = execFileSync('git', ['log', `-n${MOST_COMMITS}`, '--format=%x01%P', ...how], {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0' },
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: MOST_MILLISECONDS,
    });
    return log.split('\x01').slice(1).flatMap(changesOf);
  } catch {
    return [];
  }
}

/** The files of a commit; none where it has no parent known here, since it then seems to have made every file. */
function changesOf(commit: string): string[][] {
  const [parents = '', ...files] = commit.split('\0');
  return parents === '' ? [] : [files.map((file) => file.replace(/^\n/, '')).filter((file) => file !== '')];
}
