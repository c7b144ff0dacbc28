// The process that speaks with the Actions cache. It is one of its own for three reasons: @actions/cache waits for a
// silent service without end, so it must be possible to kill it; it names an entry by the literal paths in it, so they
// are relative to a folder of ours; and loading it takes longer than all the rest of us.

import { AsyncLocalStorage } from 'node:async_hooks';
import { messageOf } from '../reason.ts';

/** What the process is asked for. `name` is a file or folder in its working directory. */
export interface Request {
  id: number;
  call: 'find' | 'restore' | 'save';
  name: string;
  /** For `find` and `restore` also the beginning of a key: the newest such entry is taken. */
  key: string;
  /** Another such beginning, for when there is none of the first; '' for no other. */
  or?: string;
}

export interface Answer {
  id: number;
  /** The key of the entry that was found, restored or saved; null when there is none. */
  key: string | null;
  /** Why there is none, where @actions/cache says so. It does only in its log. */
  failure: string | null;
}

/** Answers requests until the process that started this one goes away. */
export async function serveTransfers(): Promise<void> {
  const logs = new AsyncLocalStorage<string[]>();
  process.stdout.write = (text: string | Uint8Array) => {
    logs.getStore()?.push(String(text));
    return true;
  };
  process.on('disconnect', () => process.exit(0));
  const queued: Request[] = [];
  const queue = (request: Request) => queued.push(request);
  process.on('message', queue);
  const { restoreCache, saveCache } = await import('@actions/cache');
  const carryOut = async ({ call, name, key, or }: Request): Promise<string | null> => {
    if (call === 'save') return (await saveCache([name], key)) < 0 ? null : key;
    return (await restoreCache([name], key, or ? [or] : [], { lookupOnly: call === 'find' })) ?? null;
  };
  const answer = (request: Request) => {
    const log: string[] = [];
    logs.run(log, async () => {
      const key = await carryOut(request).catch((error) => {
        log.push(`Failed to ${request.call}: ${messageOf(error)}`);
        return null;
      });
      // The first is the reason; what comes after it only says that it failed.
      const [, failure = null] = /Failed to (?:find|restore|save|reserve cache): (.*)/.exec(log.join('')) ?? [];
      process.send?.({ id: request.id, key, failure: key === null ? failure : null } satisfies Answer);
    });
  };
  process.off('message', queue);
  process.on('message', answer);
  for (const request of queued) answer(request);
}
