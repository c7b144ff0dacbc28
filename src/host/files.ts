// Reading and writing files. What goes wrong comes back as a sentence for people, not as an errno.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

export type TextFile = { text: string; problem: null } | { text: null; problem: string };

/**
 * The text of a file (UTF-8, wrong bytes replaced), or why there is none: "does not exist", "is a directory", …
 * @param most bytes of a file that are still read
 */
export async function readText(path: string, most = Number.POSITIVE_INFINITY): Promise<TextFile> {
  try {
    const found = await stat(path);
    // Reading a pipe may wait for ever, and some devices never end.
    if (!found.isFile() && !found.isDirectory())
      return { text: null, problem: 'is a pipe, a socket or a device, not a file' };
    if (found.isFile() && found.size > most) return { text: null, problem: `is larger than ${most >> 20} MB` };
    return { text: await readFile(path, 'utf8'), problem: null };
  } catch (error) {
    return { text: null, problem: reason(error) };
  }
}

/** The path with all links resolved; the whole path as it is, where there is nothing. */
export function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

/** Null when `path` is a directory, else why it is none. */
export async function directoryProblem(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isDirectory() ? null : 'is not a directory';
  } catch (error) {
    return reason(error);
  }
}

/**
 * Writes a file, whole or not at all, and the directories above it.
 * @throws Error with a sentence that names the file
 */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    // Whole or not at all: who reads at the same time must not see half of it.
    const whole = `${path}.${randomUUID()}`;
    await writeFile(whole, text);
    await rename(whole, path);
  } catch (error) {
    throw new Error(`${path} ${reason(error)}: it was to be written`);
  }
}

/**
 * Gives a file another text, whole or not at all. It keeps its owner and mode, and a link to it stays a link.
 * @param before the text that it was read with: if it is another by now, it is left alone
 * @returns null when it is done, else why not: "has changed meanwhile", …
 */
export async function replaceText(path: string, before: string, after: string): Promise<string | null> {
  try {
    const real = await realpath(path);
    const found = await stat(real);
    if (!found.isFile()) return 'is no regular file';
    const bytes = await readFile(real);
    if (!bytes.equals(Buffer.from(before))) {
      return bytes.toString('utf8') === before ? 'has bytes that are no UTF-8' : 'has changed meanwhile';
    }
    const whole = `${real}.${randomUUID()}`;
    try {
      await writeFile(whole, after, { flag: 'wx' });
      // Only root may give files away; one of ours is ours already.
      await chown(whole, found.uid, found.gid).catch(() => {});
      await chmod(whole, found.mode);
      await rename(whole, real);
    } finally {
      await rm(whole, { force: true });
    }
    return null;
  } catch (error) {
    return reason(error);
  }
}

/**
 * Where this user's programs keep what they can do without; null where the user has no home.
 * https://specifications.freedesktop.org/basedir-spec/latest/: a path that is not absolute is to be ignored
 */
export function cacheHome(): string | null {
  const { XDG_CACHE_HOME: chosen = '' } = process.env;
  if (isAbsolute(chosen)) return chosen;
  try {
    return join(homedir(), '.cache');
  } catch {
    return null;
  }
}

/** Makes a directory that is the caller's to remove: below RUNNER_TEMP where a runner gives one. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(process.env.RUNNER_TEMP || tmpdir(), 'cached-docker-build-'));
}

/** Runs `work` with a new temporary directory and removes it afterwards. */
export async function withTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await temporaryDirectory();
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The content of a file. @throws when there is none */
export function readBytes(path: string): Promise<Buffer> {
  return readFile(path);
}

/** Gives a file a second name on the same file system, in a directory that is made if need be. */
export async function linkFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to);
}

/** Bytes of a file, or null when there is none. */
export async function bytesOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : null;
}

/** The names in a directory; none where there is none. */
export function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}

/** The files of a directory, and when each was last written, in milliseconds since 1970; none where there is none. */
export async function filesIn(directory: string): Promise<{ path: string; changed: number }[]> {
  const paths = (await namesIn(directory)).map((name) => join(directory, name));
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => null)));
  return paths.flatMap((path, at) => (found[at]?.isFile() ? [{ path, changed: found[at].mtimeMs }] : []));
}

/** The sha256 of a file's content, in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Moves a file to another place on the same file system, replacing what is there. */
export async function moveFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

/** Removes a file or a directory; one that is not there is no error. */
export async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/**
 * Makes a directory, and those above it, that can be written to.
 * @throws Error with a sentence that names it
 */
export async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error) => {
    throw new Error(`${path} ${reason(error)}`);
  });
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const sentences: Record<string, string> = {
    ENOENT: 'does not exist',
    ENOTDIR: 'does not exist',
    EISDIR: 'is a directory, not a file',
    EACCES: 'may not be read or written by this user',
    EPERM: 'may not be read or written by this user',
    ELOOP: 'is a symbolic link to itself',
    ENAMETOOLONG: 'is too long a name',
    ENOSPC: 'did not fit on the disk',
    EROFS: 'is on a read-only file system',
  };
  return sentences[code] ?? `cannot be used (${code || String(error)})`;
}
