// A cache service in a process of its own, as the real one is on other machines.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Counts, control, type Entry, type Link } from '../../../__tests__/support/cache-service.ts';
import { root } from './images.ts';
import { type Environment, inherited } from './process.ts';

export class Service {
  readonly url: string;
  /** What a job of Node's programs gets of it. */
  readonly env: Environment;
  #process: ChildProcess;
  #saved = new Set<string>();

  private constructor(process: ChildProcess, url: string, env: Environment) {
    this.#process = process;
    this.url = url;
    this.env = env;
  }

  static async start(link: Link | null, directory: string): Promise<Service> {
    const script = join(root, '__tests__/support/cache-service.ts');
    const args = [script, '--directory', directory, '--link', link ? JSON.stringify(link) : ''];
    const child = spawn(process.execPath, args, { env: inherited(), stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { url, env } = JSON.parse(line);
    return new Service(child, url, env);
  }

  /** A token for programs that cannot be told where to find the storage's host: BuildKit. */
  async loopbackToken(): Promise<string> {
    const env = (await control(this.url, 'env', { blobHost: 'loopback' })) as Environment;
    return env.ACTIONS_RUNTIME_TOKEN ?? '';
  }

  async counts(): Promise<Counts> {
    return (await control(this.url, 'counts')) as Counts;
  }

  resetCounts(): Promise<unknown> {
    return control(this.url, 'resetCounts');
  }

  evictAll(): Promise<unknown> {
    return control(this.url, 'evict');
  }

  /** From now on, `rewind` comes back to what is there now. */
  async remember(): Promise<void> {
    this.#saved = new Set((await this.#entries()).map(({ key }) => key));
  }

  async rewind(): Promise<void> {
    const newer = (await this.#entries()).filter(({ key }) => !this.#saved.has(key));
    for (const { key } of newer) await control(this.url, 'evict', key);
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }

  async #entries(): Promise<Entry[]> {
    return (await control(this.url, 'entries')) as Entry[];
  }
}
