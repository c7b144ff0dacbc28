// What git says of a directory. Where it says nothing (no git, no work tree, one that belongs to somebody else), the
// answer is null.

import { spawnSync } from 'node:child_process';
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
  const log = gitNow(directory, ['log', `-n${MOST_COMMITS}`, '--format=%x01%P', ...how]);
  return (log ?? '').split('\x01').slice(1).flatMap(changesOf);
}

/**
 * Those of the directories, relative to the one that is given, that git ignores and tracks nothing of; whether they are
 * there makes no difference. Waits for git, some 20 ms.
 */
export function ignoredDirectories(directory: string, paths: readonly string[]): string[] {
  const inside = paths.map((path) => `${path}/x`).join('\0');
  const ignored = gitNow(directory, ['check-ignore', '-z', '--stdin'], inside);
  const tracked = ignored && gitNow(directory, ['--literal-pathspecs', 'ls-files', '-z', '--', ...paths]);
  if (ignored === null || tracked === null) return [];
  const kept = tracked.split('\0');
  return ignored
    .split('\0')
    .map((path) => path.slice(0, -'/x'.length))
    .filter((path) => path !== '' && !kept.some((file) => file.startsWith(`${path}/`)));
}

/**
 * The files below the directory that git tracks and of which a line matches an extended regular expression, relative to
 * it; null where git cannot tell in time. Waits for git, which takes 10 to 500 ms.
 */
export function filesMatching(directory: string, pattern: string): string[] | null {
  const found = gitNow(directory, ['grep', '-I', '-z', '-E', '--no-color', '--name-only', '-e', pattern]);
  return found?.split('\0').filter((path) => path !== '') ?? null;
}

/** What git prints, at once; null where it fails or takes too long. An exit code of 1 says that nothing was found. */
function gitNow(directory: string, args: readonly string[], input = ''): string | null {
  const { status, stdout } = spawnSync('git', args, {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0' },
    input,
    maxBuffer: 1 << 26,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: MOST_MILLISECONDS,
  });
  return status === 0 || status === 1 ? stdout : null;
}

/** The files of a commit; none where it has no parent known here, since it then seems to have made every file. */
function changesOf(commit: string): string[][] {
  const [parents = '', ...files] = commit.split('\0');
  return parents === '' ? [] : [files.map((file) => file.replace(/^\n/, '')).filter((file) => file !== '')];
}
