// Causes that take more than two builds to see: an engine that forgot, a layer cache that lost something, records that
// somebody broke, values that must not be in them, the classic builder.

import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/report/report.ts';
import { build, command, directory, docker, emptyEngine, engine, STORES } from '../support/engine.ts';
import { because, below, type Expected, edited, files, text, variable } from './experiments/experiment.ts';
import { kinds, sumsUp, told } from './experiments/told.ts';

const DOCKERFILE = text`
  FROM busybox
  COPY salt /
  RUN head -c 300000 /dev/urandom > /big
  COPY a.txt /
  RUN cat /a.txt
`;

describe.each(STORES)('%s image store', (store) => {
  const env = engine(store);
  const tag = `cached-docker-build-test:explain-${store}`;

  /** A context that no build has seen, an empty place for its layers, and builds of it. */
  const fresh = (dockerfile = DOCKERFILE) => {
    const context = directory({ Dockerfile: dockerfile, salt: `${Math.random()}`, 'a.txt': 'one' });
    const cache = directory({});
    const job = async (flags: string[] = [], environment = env) => {
      const quiet = ['--smoke-test', 'off', '--lint', 'off'];
      const ran = await build([context, '-t', tag, '--cache-dir', cache, ...quiet, ...flags], environment);
      expect(ran.stderr).not.toMatch(/^\s+at /m);
      return ran.report;
    };
    const write = (name: string, content: string) => writeFileSync(join(context, name), content);
    return { context, cache, job, write };
  };
  const check = (report: Report, misses: Record<string, Expected>) => {
    expect(told(report, misses)).toEqual(misses);
    sumsUp(report);
  };
  /** What the command `explain` says of two reports. */
  const compared = async (first: Report, second: Report): Promise<Report> => {
    const kept = directory({ 'old.json': JSON.stringify(first), 'new.json': JSON.stringify(second) });
    const args = ['explain', '--format', 'json', join(kept, 'old.json'), join(kept, 'new.json')];
    return JSON.parse((await command(args, env)).stdout);
  };
  /** The layer with the random bytes. */
  const big = (cache: string) =>
    filesIn(join(cache, 'blobs')).find((path) => Math.abs(statSync(path).size - 300_000) < 50_000) ?? '';

  describe('an emptied engine', () => {
    test('what is restored is a hit, with what its fetch cost', async () => {
      const { job, write } = fresh();
      const first = await job();
      await emptyEngine(tag, env);
      write('a.txt', 'two');
      const second = await job(['--cache', 'read-only']);
      check(second, { '4 COPY': files('modified a.txt'), '5 RUN': below('4 COPY') });
      const [, salt, random] = second.build.steps;
      expect(salt).toMatchObject({ status: 'hit', source: 'restored' });
      expect(random).toMatchObject({ status: 'hit', source: 'restored' });
      expect(random?.bytesFetched).toBeGreaterThan(300_000);
      expect(random?.bytesFetched).toBeLessThan(second.cache.bytesFetched + 1);
      const took = first.build.steps.slice(1, 3).map(({ seconds }) => seconds);
      expect(second.build.savedSeconds).toBeCloseTo(
        took.reduce((all, seconds) => all + seconds),
        2,
      );
    });

    test('a layer that is gone', async () => {
      const { job, cache } = fresh();
      await job();
      await emptyEngine(tag, env);
      rmSync(big(cache));
      check(await job(['--cache', 'read-only']), {
        '3 RUN': because('not-in-cache', 'one of the layers that were saved is gone'),
        '4 COPY': below('3 RUN'),
        '5 RUN': below('3 RUN'),
      });
    });

    test('all layers are gone', async () => {
      const { job, cache } = fresh();
      await job();
      await emptyEngine(tag, env);
      rmSync(join(cache, 'blobs'), { recursive: true });
      check(await job(['--cache', 'read-only']), {
        '2 COPY': because('not-in-cache', 'of the layers that were saved are gone'),
        '3 RUN': below('2 COPY'),
        '4 COPY': below('2 COPY'),
        '5 RUN': below('2 COPY'),
      });
    });

    test('a damaged layer, so that the cache is dropped', async () => {
      const { job, cache, write } = fresh();
      await job();
      await emptyEngine(tag, env);
      const content = readFileSync(big(cache));
      content.writeUInt8(content.readUInt8(1000) ^ 0xff, 1000);
      writeFileSync(big(cache), content);
      write('a.txt', 'two');
      const report = await job(['--cache', 'read-only']);
      expect(report.cache.outcome).toBe('failed');
      // The engine may have what it fetched before the damaged one.
      const root = '2 COPY' in told(report, {}) ? '2 COPY' : '3 RUN';
      check(report, {
        ...(root === '2 COPY' ? { '2 COPY': because('not-in-cache', 'the layer cache failed') } : {}),
        '3 RUN': root === '3 RUN' ? because('not-in-cache', 'the layer cache failed') : below(root),
        '4 COPY': below(root, 'modified a.txt'),
        '5 RUN': below(root),
      });
    });

    test('a build that nothing is kept of', async () => {
      const { job } = fresh();
      await job(['--cache', 'off']);
      await emptyEngine(tag, env);
      check(await job(['--cache', 'off']), {
        '2 COPY': because('unknown', 'Nothing is kept of earlier builds', '`cache: off`'),
        '3 RUN': below('2 COPY'),
        '4 COPY': below('2 COPY'),
        '5 RUN': below('2 COPY'),
      });
    });
  });

  describe('in a terminal, where the engine alone has the layers', () => {
    /** Builds without a place for layers; the record is in a home of its own. */
    const terminal = () => {
      const { context, write } = fresh();
      const home = directory({});
      const records = join(home, 'cached-docker-build/records');
      const job = async (...flags: string[]) => {
        const args = [context, '-t', tag, '--smoke-test', 'off', '--lint', 'off', ...flags];
        return (await build(args, { ...env, XDG_CACHE_HOME: home })).report;
      };
      const record = () => filesIn(home).map((path) => readFileSync(path, 'utf8'));
      return { job, write, records, record };
    };
    const FIRST = because('first-build', 'none of it is recorded on this machine');
    const AGAIN = { '4 COPY': files('modified a.txt'), '5 RUN': below('4 COPY') };

    test('the last build is recorded, and the next one explained', async () => {
      const { job, write, record } = terminal();
      const first = await job();
      check(first, { '2 COPY': FIRST, '3 RUN': FIRST, '4 COPY': FIRST, '5 RUN': FIRST });
      expect(first.cache).toMatchObject({ store: 'none', outcome: 'off' });
      write('a.txt', 'two');
      const second = await job();
      check(second, AGAIN);
      expect(second.build.savedSeconds).toBeGreaterThan(0);
      expect(record()).toHaveLength(1);
      // What another build argument changes is told as well.
      write('Dockerfile', DOCKERFILE.replace('COPY a.txt', 'ARG A=1\nCOPY a.txt').replace('cat', 'echo $A; cat'));
      await job();
      check(await job('--build-arg', 'A=2'), { '6 RUN': variable('A') });
    });

    test('nothing is written with read-only, and nothing is kept with off', async () => {
      const { job, write, record } = terminal();
      await job('--cache', 'off');
      expect(record()).toEqual([]);
      await job('--no-cache');
      const [kept] = record();
      write('a.txt', 'two');
      check(await job('--cache', 'read-only'), AGAIN);
      expect(record()).toEqual([kept]);
    });

    test('a record that is damaged, and one that nobody built from for a month', async () => {
      const { job, write, records, record } = terminal();
      await job();
      const [own = ''] = filesIn(records);
      writeFileSync(own, record().join('').slice(0, 100));
      write('a.txt', 'two');
      check(await job(), {
        '4 COPY': because('unknown', 'its record is damaged'),
        '5 RUN': below('4 COPY'),
      });
      const forgotten = join(records, 'forgotten');
      writeFileSync(forgotten, 'x');
      utimesSync(forgotten, new Date(0), Date.now() / 1000 - 31 * 24 * 3600);
      await job();
      expect(filesIn(records)).toEqual([own]);
    });

    test('a home that cannot be written to is no reason to fail', async () => {
      const { context } = fresh();
      const home = join(directory({ file: '' }), 'file');
      const ran = await build([context, '-t', tag, '--smoke-test', 'off'], { ...env, XDG_CACHE_HOME: home });
      expect(ran).toMatchObject({ code: 0, report: { outcome: 'success' } });
    });
  });

  test('there and back again: a hit needs no cause', async () => {
    const { job, write } = fresh();
    await job();
    write('a.txt', 'two');
    check(await job(), { '4 COPY': files('modified a.txt'), '5 RUN': below('4 COPY') });
    write('a.txt', 'one');
    check(await job(), {});
    // Compared is with the last build, which had another content; not with the one that left the result.
    write('a.txt', 'three');
    check(await job(), { '4 COPY': files('modified a.txt'), '5 RUN': below('4 COPY') });
  });

  test('explain tells of two reports what the second build told of itself', async () => {
    const { job, write } = fresh();
    const first = await job();
    write('a.txt', 'two');
    write('Dockerfile', DOCKERFILE.replace('300000', '300001'));
    const second = await job();
    expect((await compared(first, second)).build.steps).toEqual(second.build.steps);
  });

  test('what a URL leads to', async () => {
    let content = `${Math.random()}`;
    const server = createServer((_, response) => response.end(content)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { job } = fresh(`FROM busybox\nCOPY salt /\nADD http://127.0.0.1:${port}/file /\n`);
    await job();
    content = 'another';
    check(await job(), { '3 ADD': because('files-changed', 'URL') });
    check(await job(), {});
    server.close();
  });

  describe('a record that cannot be used is said to be so, and nothing is made of it', () => {
    const shared = fresh();
    let saved: ReturnType<typeof shared.job> | null = null;
    const json = (change: (record: Record<string, unknown>) => unknown) => (record: string) =>
      pack(JSON.stringify(change(JSON.parse(unpack(record)))));

    test.each<[string, (record: string) => unknown, string]>([
      ['cut off', (record) => record.slice(0, record.length / 2), 'its record is damaged'],
      ['empty', () => '', 'its record is damaged'],
      [
        'with a changed byte',
        (record) => `${record.slice(0, 99)}${record[99] === 'A' ? 'B' : 'A'}${record.slice(100)}`,
        'its record is damaged',
      ],
      ['too long to be read', () => pack('0'.repeat(100 << 20)), 'its record is damaged'],
      ['of another version', json((record) => ({ ...record, version: 99 })), 'its record has version 99, not 1'],
      ['another thing altogether', json(() => [1, null]), 'its record is damaged'],
      ['without steps', json(({ steps, ...record }) => record), 'its record is damaged'],
      [
        'with steps that are none',
        json((record) => ({ ...record, steps: [{ id: 'stage-0/1' }] })),
        'its record is damaged',
      ],
      [
        'with steps that stand on each other',
        json((record) => ({
          ...record,
          steps: (record.steps as { id: string }[]).map((step, at, all) => ({ ...step, parent: all.at(at - 1)?.id })),
        })),
        'its record is damaged',
      ],
      ['not there', () => null, 'it was saved without a record'],
    ])('%s', async (_, change, reason) => {
      saved ??= shared.job();
      await saved;
      const [index = ''] = filesIn(join(shared.cache, 'scopes'));
      const before = readFileSync(index, 'utf8');
      const { record, ...rest } = JSON.parse(before);
      writeFileSync(index, JSON.stringify({ ...rest, record: change(record) }));
      shared.write('a.txt', `${Math.random()}`);
      check(await shared.job(['--cache', 'read-only']), {
        '4 COPY': because('unknown', `The last build cannot be compared: ${reason}.`),
        '5 RUN': below('4 COPY'),
      });
      writeFileSync(index, before);
    });
  });

  test('no value of an argument or a secret is in what is kept, or in a report', async () => {
    const token = `t0ken${Math.random()}`;
    const word = `w0rd${Math.random()}`;
    const { cache, job } = fresh(text`
      FROM busybox AS build
      COPY salt /
      ARG TOKEN
      RUN --mount=type=secret,id=word echo $TOKEN "$(cat /run/secrets/word)" | wc -c
      RUN --mount=type=cache,target=/$TOKEN true
      RUN <<EOF
      echo $TOKEN | wc -c
      EOF
      ENV DERIVED=x$TOKEN
      RUN echo derived
      FROM busybox
      COPY --from=build /salt /
    `);
    const reports: Report[] = [];
    for (const end of ['1', '2']) {
      reports.push(await job(['--build-arg', `TOKEN=${token}${end}`, '--secrets', `word=${word}${end}`]));
    }
    expect(kinds(reports[1] as Report)).toEqual(new Set(['variable-changed', 'consequence']));
    const kept = filesIn(cache).map((path) => readFileSync(path));
    const records = [
      ...filesIn(join(cache, 'scopes')).map((path) => JSON.parse(readFileSync(path, 'utf8')).record),
      ...reports.map(({ record }) => record),
    ];
    expect(records).toHaveLength(4);
    const all = [...kept, ...reports.map((one) => JSON.stringify(one)), ...records.map(unpack)].map(String);
    for (const value of [token, word]) {
      for (const form of ['utf8', 'hex', 'base64', 'base64url'] as const) {
        // In base64 the last characters depend on what follows.
        const hidden = Buffer.from(value)
          .toString(form)
          .slice(0, form === 'utf8' ? undefined : 16);
        expect(all.filter((one) => one.includes(hidden))).toEqual([]);
      }
    }
  });

  describe('the classic builder', () => {
    const classic = { ...env, DOCKER_BUILDKIT: '0' };
    const before = text`
      FROM busybox
      COPY salt /
      ARG VERSION
      LABEL stage=one
      COPY a.txt /
      RUN cat /a.txt
    `;
    test.each<[string, Record<string, string>, string[], Record<string, Expected>]>([
      ['nothing', {}, ['--build-arg', 'VERSION=1'], {}],
      [
        'a file',
        { 'a.txt': 'two' },
        ['--build-arg', 'VERSION=1'],
        { '5 COPY': files('modified a.txt'), '6 RUN': below('5 COPY') },
      ],
      [
        'an edited RUN',
        { Dockerfile: before.replace('cat', 'tac') },
        ['--build-arg', 'VERSION=1'],
        { '6 RUN': edited('- RUN cat /a.txt', '+ RUN tac /a.txt') },
      ],
      ['an argument', {}, ['--build-arg', 'VERSION=2'], { '6 RUN': variable('VERSION') }],
      [
        'a label, which is a step there',
        { Dockerfile: before.replace('one', 'two') },
        ['--build-arg', 'VERSION=1'],
        {
          '4 LABEL': edited('- LABEL stage=one', '+ LABEL stage=two'),
          '5 COPY': below('4 LABEL'),
          '6 RUN': below('4 LABEL'),
        },
      ],
    ])('%s', async (_, changes, flags, misses) => {
      const { job, write } = fresh(before);
      const first = await job(['--build-arg', 'VERSION=1'], classic);
      for (const [name, content] of Object.entries(changes)) write(name, content);
      const second = await job(flags, classic);
      // It cannot share its layers, and its record is kept all the same.
      expect(second.cache).toMatchObject({ store: 'none', outcome: 'unusable' });
      check(second, misses);
      check(await compared(first, second), misses);
    });

    test('a base image that moved: it does not say which image it is', async () => {
      const base = `cached-docker-build-test:moved-${Math.random()}`;
      const make = async (content: string) => {
        await docker(
          [
            'build',
            '--quiet',
            '--tag',
            base,
            directory({ Dockerfile: `FROM busybox\nRUN echo ${content}-${base} > /base\n` }),
          ],
          env,
        );
      };
      await make('one');
      const { job } = fresh(`FROM ${base}\nCOPY salt /\n`);
      const first = await job([], classic);
      await make('two');
      const second = await job([], classic);
      check(await compared(first, second), { '2 COPY': because('unknown', 'the digest of its image is not known') });
    });
  });
});

const unpack = (record: string): string => gunzipSync(Buffer.from(record, 'base64')).toString();
const pack = (content: string): string => gzipSync(content).toString('base64');

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
