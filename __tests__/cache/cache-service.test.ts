// The double of GitHub's cache service, with the real @actions/cache on machines of its own (child processes: it takes
// its state from the environment and the working directory). Also what @actions/cache does, for us to build on: which
// paths restore elsewhere, and how each fault ends.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type CacheMode,
  type CacheService,
  control,
  type EnvOptions,
  type Fault,
  grants,
  startCacheService,
} from '../support/cache-service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'cache-service-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const script = join(scratch, 'call.mjs');
writeFileSync(
  script,
  `const cache = await import(${JSON.stringify(pathToFileURL(join(root, 'node_modules/@actions/cache/lib/cache.js')).href)});
   const [name, ...args] = JSON.parse(process.argv[2]);
   const start = performance.now();
   const end = await cache[name](...args).then((result) => ({ result }), (error) => ({ threw: error.name }));
   console.log('@@' + JSON.stringify({ ...end, seconds: (performance.now() - start) / 1000 }));
   process.exit(0);`,
);

interface Call {
  /** A key, an entry's number (-1: not saved), or undefined: not found. */
  result?: string | number;
  threw?: string;
  seconds: number;
  /** What it printed for the user. */
  printed: string;
}

/** A runner with directories of its own. */
class Machine {
  home: string;
  workspace: string;
  temp: string;
  env: Record<string, string>;

  constructor(workspace = 'work/repo/repo') {
    const base = mkdtempSync(join(scratch, 'machine-'));
    this.home = join(base, 'home');
    this.workspace = join(base, workspace);
    this.temp = join(base, 'temp');
    for (const directory of [this.home, this.workspace, this.temp]) {
      mkdirSync(directory, { recursive: true });
    }
    this.env = {
      ...{ PATH: process.env.PATH ?? '', HOME: this.home },
      ...{ GITHUB_WORKSPACE: this.workspace, RUNNER_TEMP: this.temp },
      // Most of a call is loading @actions/cache.
      NODE_COMPILE_CACHE: join(scratch, 'compiled'),
    };
  }

  write(path: string, content: string | Buffer = path): string {
    const file = join(this.workspace, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  read(path: string): string | undefined {
    const file = join(this.workspace, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  call(on: EnvOptions, name: string, args: unknown[], cwd = this.workspace, from = service): Promise<Call> {
    const env = { ...this.env, ...from.env(on) };
    return new Promise((resolve, reject) => {
      const command = [script, JSON.stringify([name, ...args])];
      execFile(process.execPath, command, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        const end = /^@@(.*)$/m.exec(stdout)?.[1];
        const printed = stdout.split('\n').filter((line) => line && !/^(::debug|::add-mask|@@)/.test(line));
        if (end) {
          resolve({ ...JSON.parse(end), printed: printed.join('\n') });
        } else {
          reject(error ?? new Error(`${stdout}\n${stderr}`));
        }
      });
    });
  }

  save(path: string | string[], key: string, on: EnvOptions = {}): Promise<Call> {
    return this.call(on, 'saveCache', [[path].flat(), key]);
  }

  restore(path: string | string[], key: string, restoreKeys: string[] = [], on: EnvOptions = {}): Promise<Call> {
    return this.call(on, 'restoreCache', [[path].flat(), key, restoreKeys]);
  }
}

let service: CacheService;
beforeEach(async () => {
  service = await startCacheService({ directory: scratch });
});
afterEach(() => service.close());

describe('entries', () => {
  test('are saved on one machine and restored on another', async () => {
    const [one, two] = [new Machine(), new Machine()];
    one.write('dir/a.txt', 'A');
    one.write('dir/b/c.txt', 'C');
    expect(await one.save('dir', 'k1')).toMatchObject({ result: 1 });
    expect(service.entries()).toMatchObject([{ key: 'k1', scope: 'refs/heads/main', bytes: expect.any(Number) }]);
    expect(await two.restore('dir', 'k1')).toMatchObject({ result: 'k1' });
    expect([two.read('dir/a.txt'), two.read('dir/b/c.txt')]).toEqual(['A', 'C']);
    expect(service.counts).toMatchObject({ newEntries: 1, hits: 1, misses: 0 });
    expect(service.counts.bytesDown).toBe(service.counts.bytesUp);
    expect((await two.restore('dir', 'other')).result).toBeUndefined();
    expect((await two.restore('other', 'k1')).result).toBeUndefined();
  });

  test('are found by restore keys, the newest first, and by the key as a prefix', async () => {
    const machine = new Machine();
    for (const key of ['app-1-x', 'app-2-x', 'lib-1']) {
      machine.write('f', key);
      await machine.save('f', key);
    }
    const restored = async (key: string, restoreKeys: string[] = []) =>
      (await machine.restore('f', key, restoreKeys)).result;
    expect(await restored('app-9', ['app-'])).toBe('app-2-x');
    expect(machine.read('f')).toBe('app-2-x');
    expect(await restored('app-9', ['lib-', 'app-'])).toBe('lib-1');
    // Who wants this very key must compare what is returned.
    expect(await restored('app-1')).toBe('app-1-x');
    expect(await restored('app-1-x', ['app-'])).toBe('app-1-x');
    expect(await restored('zzz', ['yyy'])).toBeUndefined();
  });

  test('do not change: a second save of a key says so and is no error', async () => {
    const machine = new Machine();
    machine.write('f', 'first');
    await machine.save('f', 'k');
    machine.write('f', 'second');
    const again = await machine.save('f', 'k');
    expect(again).toMatchObject({ result: -1 });
    expect(again.printed).toContain('Failed to save: Unable to reserve cache with key k, another job may be creating');
    await machine.restore('f', 'k');
    expect(machine.read('f')).toBe('first');
    // Two at once: one wins, both succeed.
    machine.write('g');
    const both = await Promise.all([machine.save('g', 'g'), machine.save('g', 'g')]);
    expect(both.map(({ result }) => result).filter((result) => result === -1)).toHaveLength(1);
  });

  test('are looked up without a download', async () => {
    const machine = new Machine();
    machine.write('f');
    await machine.save('f', 'k1');
    const found = await machine.call({}, 'restoreCache', [['f'], 'k', ['k'], { lookupOnly: true }]);
    expect(found.result).toBe('k1');
    expect(service.counts.requests.download).toBe(0);
  });

  test('are evicted, one by one, all, and the least recently used when space runs out', async () => {
    await service.close();
    service = await startCacheService({ directory: scratch, maxBytes: 2_500_000 });
    const machine = new Machine();
    const save = async (key: string) => {
      machine.write('f', randomBytes(1_000_000));
      await machine.save('f', key);
    };
    const keys = () => service.entries().map(({ key }) => key);
    await save('k1');
    await save('k2');
    await machine.restore('f', 'k1');
    await save('k3');
    expect(keys()).toEqual(['k1', 'k3']);
    expect(await service.evict('k1')).toBe(1);
    expect((await machine.restore('f', 'k1')).result).toBeUndefined();
    expect(await service.evict()).toBe(1);
    await save('k1');
    expect(keys()).toEqual(['k1']);
  });

  test('of 300 MB go up in parallel blocks and down in parallel ranges', async () => {
    const [one, two] = [new Machine(), new Machine()];
    const content = randomBytes(300_000_000);
    one.write('large', content);
    expect((await one.save('large', 'k')).result).toBe(1);
    // Five blocks of 64 MiB and their list. Up to 128 MiB it is one request: one connection's speed.
    expect(service.counts.requests.upload).toBe(6);
    expect(service.counts.peak).toBe(5);
    service.resetCounts();
    expect((await two.restore('large', 'k')).result).toBe('k');
    expect(readFileSync(join(two.workspace, 'large')).equals(content)).toBe(true);
    expect(service.counts.requests.download).toBeGreaterThan(70);
    expect(service.counts.peak).toBe(8);
    expect(service.counts.bytesDown).toBe(service.entries()[0]?.bytes);
    // From a host that is not Azure's, @actions/cache downloads in one piece.
    service.resetCounts();
    expect((await two.restore('large', 'k', [], { blobHost: 'loopback' })).result).toBe('k');
    expect(service.counts.requests.download).toBe(1);
  });
});

describe('the token', () => {
  const main = { scopes: grants.push('refs/heads/main') };
  const release = { scopes: grants.push('refs/heads/release') };
  const pull = { scopes: grants.pullRequest(7, 'refs/heads/release') };
  const other = { scopes: grants.pullRequest(8) };

  test('says what is read: own ref, base, default branch; never the other way round', async () => {
    const machine = new Machine();
    for (const [name, on] of Object.entries({ main, release, pull })) {
      machine.write('f', name);
      await machine.save('f', `k-${name}`, on);
      machine.write('f', name);
      await machine.save('f', 'same', on);
    }
    const table: [EnvOptions, string[]][] = [
      [main, ['main']],
      [release, ['main', 'release']],
      [pull, ['main', 'release', 'pull']],
      [other, ['main']],
    ];
    for (const [on, readable] of table) {
      for (const name of ['main', 'release', 'pull']) {
        const { result } = await machine.restore('f', `k-${name}`, [], on);
        expect([name, result]).toEqual([name, readable.includes(name) ? `k-${name}` : undefined]);
      }
      // The own scope goes before the base, the base before the default branch, whatever is newer.
      await machine.restore('f', 'same', [], on);
      expect(machine.read('f')).toBe(readable.at(-1));
    }
  });

  test('may be read-only: a save is denied, and does not throw', async () => {
    const machine = new Machine();
    machine.write('f');
    await machine.save('f', 'k', main);
    const untrusted = { scopes: grants.untrusted() };
    const denied = await machine.save('f', 'k2', untrusted);
    expect(denied).toMatchObject({ result: -1 });
    expect(denied.printed).toContain(
      '::warning::Failed to save: Unable to reserve cache with key k2. More details: cache write denied:',
    );
    expect((await machine.restore('f', 'k', [], untrusted)).result).toBe('k');
    const blind = await machine.restore('f', 'k', [], { scopes: [{ Scope: 'refs/heads/main', Permission: 2 }] });
    expect(blind.result).toBeUndefined();
    expect(blind.printed).toContain('cache read denied:');
  });

  test.each<[CacheMode, boolean, boolean]>([
    ['read', true, false],
    ['write', true, true],
    ['write-only', false, true],
    ['none', false, false],
  ])('ACTIONS_CACHE_MODE=%s: reads %s, writes %s', async (mode, reads, writes) => {
    const machine = new Machine();
    machine.write('f');
    await machine.save('f', 'k');
    service.resetCounts();
    const [restored, saved] = [await machine.restore('f', 'k', [], { mode }), await machine.save('f', 'k2', { mode })];
    expect([restored.result, saved.result]).toEqual([reads ? 'k' : undefined, writes ? 2 : -1]);
    const { lookup, create } = service.counts.requests;
    expect([lookup, create]).toEqual([reads ? 1 : 0, writes ? 1 : 0]);
  });
});

describe('the paths given to @actions/cache', () => {
  /** Saves on one machine; what the other gets of the same paths. */
  const travels = async (from: Machine, to: Machine, path: (machine: Machine) => string) => {
    await from.save(path(from), 'k');
    return (await to.restore(path(to), 'k')).result === 'k';
  };

  test('relative to the workspace: restore on a machine with other directories', async () => {
    const [one, two] = [new Machine('work/repo'), new Machine('somewhere/deep/er/repo')];
    one.write('out/blob', 'relative');
    expect(await travels(one, two, () => 'out/blob')).toBe(true);
    expect(two.read('out/blob')).toBe('relative');
    // The very text counts: what names the same file otherwise is another version.
    expect((await two.restore('./out/blob', 'k')).result).toBeUndefined();
  });

  test('absolute, as in RUNNER_TEMP: found only where the directories have the same names', async () => {
    const [one, two] = [new Machine(), new Machine()];
    writeFileSync(join(one.temp, 'blob'), 'temp');
    expect(await travels(one, two, ({ temp }) => join(temp, 'blob'))).toBe(false);
    rmSync(join(one.temp, 'blob'));
    expect((await one.restore(join(one.temp, 'blob'), 'k')).result).toBe('k');
    expect(readFileSync(join(one.temp, 'blob'), 'utf8')).toBe('temp');
  });

  test('with ~: found everywhere, but written beside the home where the workspace is elsewhere', async () => {
    const [one, two] = [new Machine('work/repo'), new Machine('somewhere/deep/er/repo')];
    writeFileSync(join(one.home, 'blob'), 'home');
    expect(await travels(one, two, () => '~/blob')).toBe(true);
    expect(existsSync(join(two.home, 'blob'))).toBe(false);
    // The archive has the way from workspace to home of the machine that saved: ../../home/blob.
    expect(two.read('../../home/blob')).toBe('home');
    const alike = new Machine('work/repo');
    expect((await alike.restore('~/blob', 'k')).result).toBe('k');
    expect(readFileSync(join(alike.home, 'blob'), 'utf8')).toBe('home');
  });

  test('relative, in a process whose directory and GITHUB_WORKSPACE are a directory of ours: restore anywhere', async () => {
    const [one, two] = [new Machine('work/repo'), new Machine('somewhere/deep/er/repo')];
    one.env.GITHUB_WORKSPACE = one.temp;
    writeFileSync(join(one.temp, 'blob'), 'ours');
    await one.call({}, 'saveCache', [['blob'], 'k'], one.temp);
    two.env.GITHUB_WORKSPACE = two.temp;
    const { result } = await two.call({}, 'restoreCache', [['blob'], 'k'], two.temp);
    expect([result, readFileSync(join(two.temp, 'blob'), 'utf8')]).toEqual(['k', 'ours']);
    // Where only the working directory differs from the workspace, the save sees it and the restore does not.
    const mixed = new Machine();
    mkdirSync(join(mixed.workspace, 'sub'));
    await mixed.call({}, 'restoreCache', [['blob'], 'k'], join(mixed.workspace, 'sub'));
    expect([mixed.read('blob'), mixed.read('sub/blob')]).toEqual(['ours', undefined]);
  });

  test('that a glob finds nothing for: the save throws; several paths: their order counts', async () => {
    const machine = new Machine();
    expect(await machine.save('absent', 'k')).toMatchObject({ threw: 'Error' });
    machine.write('a');
    machine.write('b');
    await machine.save(['a', 'b'], 'k');
    expect((await machine.restore(['a', 'b'], 'k')).result).toBe('k');
    expect((await machine.restore(['b', 'a'], 'k')).result).toBeUndefined();
  });

  test('and the compression: what was saved with zstd is not found where there is none', async () => {
    const machine = new Machine();
    machine.write('a');
    await machine.save('a', 'k');
    const plain = new Machine();
    const bin = join(plain.home, 'bin');
    mkdirSync(bin);
    for (const program of ['tar', 'gzip']) {
      const found = (process.env.PATH ?? '').split(delimiter).find((directory) => existsSync(join(directory, program)));
      symlinkSync(join(found ?? '', program), join(bin, program));
    }
    plain.env.PATH = bin;
    expect((await plain.restore('a', 'k')).result).toBeUndefined();
    plain.write('a');
    expect((await plain.save('a', 'k')).result).toBe(2);
    expect(new Set(service.entries().map(({ version }) => version)).size).toBe(2);
  });

  test('and the key: 512 characters and no comma, or it throws; with over ten keys it throws too', async () => {
    const machine = new Machine();
    machine.write('a');
    expect((await machine.save('a', 'k'.repeat(512))).result).toBe(1);
    expect((await machine.save('a', 'k'.repeat(513))).threw).toBe('ValidationError');
    expect((await machine.save('a', 'a,b')).threw).toBe('ValidationError');
    expect((await machine.restore('a', 'k', Array(10).fill('r'))).threw).toBe('ValidationError');
  });
});

describe('faults', () => {
  // How it ends, within how many seconds, and what of the printed text tells it. Nothing throws.
  type Row = [
    title: string,
    fault: Fault,
    restore: [string | undefined, number, string],
    save: [number, number, string],
  ];
  const call = ['create', 'lookup'] as const;
  const blob = ['upload', 'download'] as const;
  const rows: Row[] = [
    ['no service', { what: 'refuse' }, [undefined, 2, 'ECONNREFUSED'], [-1, 2, 'another job may be creating']],
    ['resets', { what: 'reset' }, [undefined, 2, 'ECONNRESET'], [-1, 2, 'another job may be creating']],
    [
      '429',
      { what: 'status', status: 429, retryAfter: 30, on: [...call] },
      [undefined, 2, 'rate limit will reset in 30 seconds'],
      [-1, 2, 'rate limit will reset in 30 seconds'],
    ],
    [
      'one 503',
      { what: 'status', status: 503, on: [...call], times: 1 },
      ['k', 8, 'Attempt 1 of 5'],
      [2, 8, 'Attempt 1'],
    ],
    [
      '500 always',
      { what: 'status', status: 500, on: [...call] },
      [undefined, 45, 'Attempt 4 of 5'],
      [-1, 45, 'Attempt 4 of 5'],
    ],
    ['a denial', { what: 'deny' }, [undefined, 2, 'cache read denied'], [-1, 2, 'cache write denied']],
    ['slowness', { what: 'slow', delayMs: 1000 }, ['k', 10, 'restored successfully'], [2, 10, 'Sent']],
    [
      'blobs that are refused',
      { what: 'status', status: 403, on: [...blob] },
      [undefined, 3, '::warning'],
      [-1, 3, 'internal error uploading cache archive'],
    ],
    ['wrong bytes', { what: 'garble', on: 'download' }, [undefined, 5, 'failed with exit code 2'], [2, 5, 'Sent']],
  ];

  test.each(rows)('%s', async (_title, fault, restore, save) => {
    const machine = new Machine();
    machine.write('f', randomBytes(9_000_000));
    await machine.save('f', 'k');
    const expected: [() => Promise<Call>, [string | number | undefined, number, string]][] = [
      [() => machine.restore('f', 'k'), restore],
      [() => machine.save('f', 'k2'), save],
    ];
    const limited = fault.times !== undefined;
    const all = limited ? undefined : await service.fault(fault);
    const end = async ([start, [result, seconds, text]]: (typeof expected)[number]) => {
      const off = limited ? await service.fault(fault) : undefined;
      const done = await start();
      await off?.();
      expect(done.threw).toBeUndefined();
      expect(done.result).toBe(result);
      expect(done.printed).toContain(text);
      expect(done.seconds).toBeLessThan(seconds);
    };
    // Those that retry for long do it side by side.
    if (limited) {
      for (const row of expected) {
        await end(row);
      }
    } else {
      await Promise.all(expected.map(end));
    }
    await all?.();
    expect((await machine.restore('f', 'k')).result).toBe('k');
  });

  test('stored bytes that are wrong or missing: a miss, in a warning', async () => {
    const machine = new Machine();
    for (const how of ['bytes', 'truncate'] as const) {
      machine.write('f', randomBytes(1_000_000));
      await machine.save('f', how);
      expect(await service.corrupt(how, how)).toBe(1);
      const broken = await machine.restore('f', how);
      expect(broken.result).toBeUndefined();
      expect(broken.printed).toContain('::warning::Failed to restore:');
    }
  });

  test('a save that failed half way: its key stays taken', async () => {
    const machine = new Machine();
    machine.write('f');
    const off = await service.fault({ what: 'status', status: 403, on: 'upload' });
    expect((await machine.save('f', 'k')).result).toBe(-1);
    await off();
    expect((await machine.restore('f', 'k')).result).toBeUndefined();
    expect((await machine.save('f', 'k')).printed).toContain('another job may be creating this cache');
    expect(service.entries()).toEqual([]);
  });

  test('no answer: @actions/cache waits for minutes, until the connection goes', async () => {
    const machine = new Machine();
    machine.write('f');
    await machine.save('f', 'k');
    await service.fault({ what: 'hang', on: 'lookup' });
    const waits = machine.restore('f', 'k');
    const first = await Promise.race([waits, new Promise((resolve) => setTimeout(resolve, 3000, 'waits'))]);
    expect(first).toBe('waits');
    await service.heal();
    expect(await waits).toMatchObject({ printed: expect.stringContaining('ECONNRESET') });
  });

  test('more than 200 new entries a minute: 429 says when to come back; restores go on', async () => {
    service.setNewEntriesPerMinute(2);
    const machine = new Machine();
    machine.write('f');
    const results = [];
    for (const key of ['k1', 'k2', 'k3']) {
      results.push(await machine.save('f', key));
    }
    expect(results.map(({ result }) => result)).toEqual([1, 2, -1]);
    expect(results[2]?.printed).toMatch(/rate limit will reset in [1-6]?\d seconds/);
    expect((await machine.restore('f', 'k1')).result).toBe('k1');
  });
});

describe('the link', () => {
  test('has a speed per connection and one in all', async () => {
    const [one, two] = [new Machine(), new Machine()];
    one.write('f', randomBytes(12_000_000));
    await one.save('f', 'k');
    service.setLink({ latencyMs: 0, perConnectionBytesPerSecond: 4_000_000, totalBytesPerSecond: 10_000_000 });
    const alone = await two.restore('f', 'k', [], { blobHost: 'loopback' });
    const parallel = await two.restore('f', 'k');
    const up = await one.save('f', 'k2');
    expect(alone.seconds).toBeGreaterThan(2.8);
    expect(parallel.seconds).toBeGreaterThan(1.1);
    expect(parallel.seconds / alone.seconds).toBeLessThan(0.8);
    expect(up.seconds).toBeGreaterThan(2.8);
  });

  test('has a latency, and a new connection takes its round trips', async () => {
    const machine = new Machine();
    service.setLink({ latencyMs: 200, perConnectionBytesPerSecond: 1e9, totalBytesPerSecond: 1e9 });
    const { seconds } = await machine.restore('f', 'k');
    expect(seconds).toBeGreaterThan(1.2);
    expect(seconds).toBeLessThan(3);
  });
});

describe('in a process of its own', () => {
  /** Node 24 runs the file as it is. */
  const start = async (...args: string[]): Promise<[ChildProcess, string]> => {
    const node = join(root, 'node_modules/node/bin/node');
    const command = `"${node}" "${join(root, '__tests__/support/cache-service.ts')}" ${args.join(' ')} & wait`;
    const shell = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(shell.stdout, 'data');
    return [shell, JSON.parse(`${line}`).url];
  };

  test('it is driven over HTTP, and ends with the process that started it', async () => {
    const [shell, url] = await start('--link', 'hosted', '--directory', scratch);
    const env = (await control(url, 'env', { mode: 'read' })) as Record<string, string>;
    expect(env).toMatchObject({ ACTIONS_RESULTS_URL: url, ACTIONS_CACHE_MODE: 'read' });
    expect(await control(url, 'entries')).toEqual([]);
    await control(url, 'fault', { what: 'status', status: 503, times: 1 });
    const call = () => fetch(new URL('twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry', url), json);
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await call()).status).toBe(503);
    expect((await call()).status).toBe(401);
    expect(await control(url, 'counts')).toMatchObject({ requests: { create: 2 } });
    shell.kill('SIGKILL');
    const ended = async () => {
      for (let tries = 0; tries < 50; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (!(await control(url, 'entries').catch(() => undefined))) {
          return true;
        }
      }
      return false;
    };
    expect(await ended()).toBe(true);
  });
});
