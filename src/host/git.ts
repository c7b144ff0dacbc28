// What git says of a directory. Where it says nothing (no git, no work tree, one that belongs to somebody else), the
// answer is null.

import { spawn, spawnSync } from 'node:child_process';
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

/** Whether a directory lies in a work tree; a tree of a hundred Dockerfiles shall not start git a hundred times in vain. */
function isInWorkTree(directory: string): boolean {
  for (let at = resolve(directory), below = ''; at !== below; below = at, at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
  }
  return false;
}

/** What git prints, at once; null where it fails or takes too long. An exit code of 1 says that nothing was found. */
function gitNow(directory: string, args: readonly string[], input = ''): string | null {
  if (!isInWorkTree(directory)) return null;
  const { status, stdout } = spawnSync('git', args, {
    cwd: directory,
    encoding: 'utf8',
    env: untouching(),
    input,
    maxBuffer: 1 << 26,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: MOST_MILLISECONDS,
  });
  return status === 0 || status === 1 ? stdout : null;
}

/** An environment in which git neither writes nor downloads anything; older versions only heed the last of these. */
function untouching(): NodeJS.ProcessEnv {
  return { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' };
}

/** The files of a commit; none where it has no parent known here, since it then seems to have made every file. */
function changesOf(commit: string): string[][] {
  const [parents = '', ...files] = commit.split('\0');
  return parents === '' ? [] : [files.map((file) => file.replace(/^\n/, '')).filter((file) => file !== '')];
}

// Some 0.2 s for 100,000 files, when the file system is warm.
const MOST_MILLISECONDS_FOR_FILES = 10_000;

// What git may make other content of. Its line ends are missing here, which show in the size.
const UNCONVERTED = ':(attr:!filter !ident !working-tree-encoding)';

/** A blob as git names it. */
export interface GitBlob {
  /** SHA-1, 40 hexadecimal digits. */
  id: string;
  bytes: number;
}

/**
 * The files below a directory that are, by what git remembers of them, as they are in the index: path → blob. One whose
 * size is not the blob's has other line ends. No file's content is read, but of those that were written in the moment in
 * which the index was.
 * @returns null where git does not say it all
 */
export async function unmodifiedFiles(directory: string): Promise<Map<string, GitBlob> | null> {
  const modified = new Set<string>();
  const comparing = records(
    directory,
    ['diff-files', '--name-only', '--relative', '--ignore-submodules=all', '-z'],
    '\0',
    (path) => modified.add(path),
  );
  const paths: string[] = [];
  const ids: string[] = [];
  const list = ['ls-files', '--stage', '-v', '-z', '--', UNCONVERTED];
  const listed = await records(directory, list, '\0', (record) => {
    // `H`: not unmerged, and git was not told to take the file for unchanged, or for absent.
    const [, id, path] = /^H 100\d{3} ([0-9a-f]{40}) 0\t(.+)$/s.exec(record) ?? [];
    // A name that is not UTF-8 would stand for another one.
    if (id && path && !path.includes('\ufffd')) {
      paths.push(path);
      ids.push(id);
    }
  });
  // Only git 2.42 and newer give sizes with the list.
  const sizes: number[] = [];
  const ask = ['cat-file', '--batch-check=%(objectsize)', '--buffer'];
  const sized = listed && (await records(directory, ask, '\n', (size) => sizes.push(Number(size)), ids.join('\n')));
  if (!(await comparing) || !sized || sizes.length !== ids.length) return null;
  const blobs = new Map<string, GitBlob>();
  for (const [at, path] of paths.entries()) {
    if (!modified.has(path)) blobs.set(path, { id: ids[at] ?? '', bytes: sizes[at] ?? 0 });
  }
  return blobs;
}

/** Takes what git prints as it comes, piece after piece. @returns whether git did well */
function records(
  directory: string,
  args: string[],
  end: '\0' | '\n',
  take: (record: string) => void,
  input = '',
): Promise<boolean> {
  // A monitor would be a program of the repository's choice.
  const child = spawn('git', ['-C', directory, '-c', 'core.fsmonitor=false', ...args], {
    env: untouching(),
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: AbortSignal.timeout(MOST_MILLISECONDS_FOR_FILES),
  });
  // It may have ended before it read all.
  child.stdin.on('error', () => undefined).end(input);
  let begun: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    const whole = chunk.lastIndexOf(end);
    begun.push(whole < 0 ? chunk : chunk.subarray(0, whole));
    if (whole < 0) return;
    for (const record of Buffer.concat(begun).toString().split(end)) take(record);
    begun = [chunk.subarray(whole + 1)];
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}
