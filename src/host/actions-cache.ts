// The Actions cache, as far as it is asked through @actions/cache: entries by key, each a file or folder.

import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { every, now } from './clock.ts';
import { beside } from './process.ts';
import type { Answer, Request } from './transfer.ts';

/** Thrown when the service fails or does not answer in time; its message is a clause without a full stop. */
export class ServiceFailed extends Error {}

/** Whether the runner that runs this job offers a cache service, of the newer or the older protocol. */
export function offersCache(): boolean {
  const { ACTIONS_CACHE_SERVICE_V2, ACTIONS_RESULTS_URL, ACTIONS_CACHE_URL } = process.env;
  return Boolean(ACTIONS_CACHE_URL || (ACTIONS_CACHE_SERVICE_V2 && ACTIONS_RESULTS_URL));
}

/**
 * What this job may do with it, which its token says, and the workflow with ACTIONS_CACHE_MODE. A token that does not say
 * (an older service) may do all.
 * https://github.com/actions/toolkit/blob/main/packages/cache/README.md, docs/…/dependency-caching ("Restrictions for accessing a cache")
 */
export function cachePermissions(): { read: boolean; write: boolean } {
  const mode = process.env.ACTIONS_CACHE_MODE ?? '';
  const allowed = {
    read: !['none', 'write-only'].includes(mode),
    write: !['none', 'read'].includes(mode),
  };
  try {
    const [, payload = ''] = (process.env.ACTIONS_RUNTIME_TOKEN ?? '').split('.');
    const { ac } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const permissions = (JSON.parse(ac) as { Permission: number }[]).reduce(
      (all, { Permission }) => all | Permission,
      0,
    );
    return { read: allowed.read && (permissions & 1) > 0, write: allowed.write && (permissions & 2) > 0 };
  } catch {
    return allowed;
  }
}

/**
 * Entries of the Actions cache, as files and folders in `directory`. Each call says for how many seconds the service may
 * be silent; when it is for longer, that call ends, and all others with it: the service is taken for dead from then on.
 */
export class ActionsCache {
  readonly #child: ChildProcess;
  readonly #directories: string[];
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  #last = 0;
  #dead: ServiceFailed | null = null;

  /** @param temporary a directory for archives on their way */
  constructor(directory: string, temporary: string) {
    this.#directories = [directory, temporary];
    this.#child = fork(beside('transfer.js'), {
      cwd: directory,
      // What @actions/cache takes for the folder that paths are relative to, and for the place of its archives.
      env: { ...process.env, GITHUB_WORKSPACE: directory, RUNNER_TEMP: temporary },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.resolve(answer));
    this.#child.on('error', (error) =>
      this.#die(`the program for the cache service cannot be started: ${error.message}`),
    );
    this.#child.on('exit', () => this.#die('the program for the cache service ended'));
    this.#release();
  }

  /** The key of the newest entry of `name` that has this key or, failing that, begins with it; null when there is none. */
  find(name: string, key: string, seconds: number): Promise<string | null> {
    return this.#twice({ call: 'find', name, key }, seconds);
  }

  /** Brings that entry into the directory; when there is none, the newest one whose key begins with `or`. */
  restore(name: string, key: string, seconds: number, or = ''): Promise<string | null> {
    return this.#twice({ call: 'restore', name, key, or }, seconds);
  }

  /**
   * Makes an entry of what is in the directory under `name`.
   * @returns false when another job made one with that key, or is about to: until it is through, nobody can find that one
   * @throws ServiceFailed
   */
  async save(name: string, key: string, seconds: number): Promise<boolean> {
    const { key: saved, failure } = await this.#ask({ call: 'save', name, key }, seconds);
    if (saved !== null) return true;
    if (failure !== null && TAKEN.test(failure)) return false;
    throw new ServiceFailed(plain(failure ?? 'the cache service did not say why'));
  }

  /** Ends what is under way. */
  close(): void {
    this.#die('it was stopped');
  }

  /** A connection that was cut ends a call of @actions/cache at once: then it is made a second time. */
  async #twice(request: Omit<Request, 'id'>, seconds: number): Promise<string | null> {
    const first = await this.#ask(request, seconds);
    const { key, failure } = first.failure === null ? first : await this.#ask(request, seconds);
    if (failure !== null) throw new ServiceFailed(plain(failure));
    return key;
  }

  async #ask(request: Omit<Request, 'id'>, seconds: number): Promise<Answer> {
    if (this.#dead) throw this.#dead;
    const id = ++this.#last;
    const stopWatching = this.#watch(seconds, request.call === 'restore');
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#hold();
        this.#child.send({ id, ...request } satisfies Request, (error) => error && this.#die(error.message));
      });
    } finally {
      stopWatching();
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#release();
    }
  }

  /** @param arrives whether what comes can be seen in the directories */
  #watch(seconds: number, arrives: boolean): () => void {
    let last = now();
    let bytes = 0;
    return every(0.1, () => {
      const arrived = arrives ? bytesBelow(this.#directories) : 0;
      if (arrived !== bytes) last = now();
      bytes = arrived;
      if (now() - last > seconds) this.#die(`the cache service was silent for ${Math.round(seconds)} s`);
    });
  }

  #die(reason: string): void {
    this.#dead ??= new ServiceFailed(reason);
    this.#child.kill('SIGKILL');
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
  }

  /** While nobody waits for an answer, the child does not keep this process alive. */
  #release(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  #hold(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }
}

/** How the service refuses a key that is taken: Twirp's code and HTTP's, and the words of the older protocol. */
const TAKEN = /\balready[ _]exists\b|\b409\b/i;

/** Bytes of all files below some directories; 0 when they change under our eyes, which is a sign of life as well. */
function bytesBelow(directories: string[]): number {
  try {
    const files = directories.flatMap((directory) =>
      readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name))),
    );
    return files.reduce((sum, file) => sum + statSync(file).size, 0);
  } catch {
    return 0;
  }
}

/** What @actions/cache says, for people. */
function plain(failure: string): string {
  const [unreachable] = /E(?:CONN\w+|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|TIMEDOUT)/.exec(failure) ?? [];
  if (unreachable) return `the cache service cannot be reached (${unreachable})`;
  if (/\b429\b|rate limit/i.test(failure)) return 'the cache service takes no more calls for now';
  if (/ENOSPC/.test(failure)) return 'there is no room left on the disk';
  if (/write denied/.test(failure)) return 'this job may read the cache, but not write it';
  if (/\btar\b.*failed/i.test(failure)) return 'what came from the cache service is damaged';
  // Line ends are escaped, as in all workflow commands; behind the first one there is only advice.
  return failure.split('%0A')[0] ?? failure;
}
