// What the rules' pages say of Docker: build, change one thing, build. Behind each change stand the lines that run again.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { build, directory, docker, engine, STORES } from '../support/engine.ts';

interface Claim {
  /** The page that makes it. */
  rule: string;
  says: string;
  dockerfile: string;
  /** A file that gets another content, a build argument that gets another value, or a text in the Dockerfile. */
  change: { file: string } | { argument: string } | { text: string; becomes: string };
  /** Lines of the steps that run again. */
  again: number[];
}

const CLAIMS: Claim[] = [
  {
    rule: 'volatile-variable-before-run',
    says: 'an ARG re-runs every RUN below, in child stages too, and no COPY',
    dockerfile: 'FROM busybox AS base\nARG SHA\nCOPY a /a\nRUN echo base\nFROM base\nRUN echo child\n',
    change: { argument: 'SHA' },
    again: [4, 6],
  },
  {
    rule: 'volatile-variable-before-run',
    says: 'a global ARG that no stage declares breaks nothing, and below its RUNs neither does another',
    dockerfile: 'ARG SHA\nFROM busybox\nRUN echo a\nARG SHA\nENV SHA=$SHA\n',
    change: { argument: 'SHA' },
    again: [],
  },
  {
    rule: 'whole-stage-copied',
    says: 'all files of a stage differ with every run of it',
    dockerfile:
      'FROM busybox AS build\nCOPY a /a\nRUN date +%N > /log && echo 1 > /out\nFROM busybox\nCOPY --from=build / /build\nRUN echo c\n',
    change: { file: 'a' },
    again: [2, 3, 5, 6],
  },
  {
    rule: 'whole-stage-copied',
    says: 'a file that came out the same is a hit',
    dockerfile:
      'FROM busybox AS build\nCOPY a /a\nRUN date +%N > /log && echo 1 > /out\nFROM busybox\nCOPY --from=build /out /out\nRUN echo d\n',
    change: { file: 'a' },
    again: [2, 3],
  },
  {
    rule: 'bind-whole-context',
    says: 'a mount of everything is keyed by every file',
    dockerfile: 'FROM busybox\nRUN --mount=type=bind,target=/src cp /src/a /a\n',
    change: { file: 'b' },
    again: [2],
  },
  {
    rule: 'bind-whole-context',
    says: 'a mount of one file is keyed by that',
    dockerfile: 'FROM busybox\nRUN --mount=type=bind,source=a,target=/src/a cp /src/a /a\n',
    change: { file: 'b' },
    again: [],
  },
  {
    rule: 'copy-before-install',
    says: 'any file of the context re-runs what stands below a COPY of all of it',
    dockerfile: 'FROM busybox\nCOPY . /app\nRUN echo install\n',
    change: { file: 'b' },
    again: [2, 3],
  },
  {
    rule: 'copy-before-install',
    says: 'with the manifest copied first, another file leaves the install alone',
    dockerfile: 'FROM busybox\nCOPY a /app/\nRUN echo install\nCOPY . /app\nRUN echo build\n',
    change: { file: 'b' },
    again: [4, 5],
  },
  {
    rule: 'volatile-files-copied-early',
    says: 'one file of several that a COPY takes re-runs what stands below',
    dockerfile: 'FROM busybox\nCOPY a b /app/\nRUN echo install\n',
    change: { file: 'b' },
    again: [2, 3],
  },
  {
    rule: 'volatile-files-copied-early',
    says: 'copied below, it re-runs nothing but its COPY',
    dockerfile: 'FROM busybox\nCOPY a /app/\nRUN echo install\nCOPY b /app/\n',
    change: { file: 'b' },
    again: [4],
  },
  {
    rule: 'lockfile-not-copied',
    says: 'a lock file that is copied below an install does not run it again',
    dockerfile: 'FROM busybox\nCOPY a /app/\nRUN echo install\nCOPY b /app/\n',
    change: { file: 'b' },
    again: [4],
  },
  {
    rule: 'variable-declared-early',
    says: 'a RUN above the ARG that the next one uses is a hit',
    dockerfile: 'FROM busybox\nRUN echo a\nARG VERSION\nRUN echo $VERSION\n',
    change: { argument: 'VERSION' },
    again: [4],
  },
  {
    rule: 'always-rebuilt',
    says: 'an argument that busts the cache re-runs everything below, whatever uses it',
    dockerfile: 'FROM busybox\nARG CACHEBUST\nRUN echo fetch\nRUN echo build\n',
    change: { argument: 'CACHEBUST' },
    again: [3, 4],
  },
  {
    rule: 'package-index-cached-alone',
    says: 'another package does not fetch the index again that a layer above holds',
    dockerfile: 'FROM busybox\nRUN echo update\nRUN echo install curl\n',
    change: { text: 'curl', becomes: 'wget' },
    again: [3],
  },
];

/** A web server with one file, which the builder fetches from. */
class Site {
  content = `${Math.random()}`;
  date = 'Thu, 01 Jan 2026 00:00:00 GMT';
  asked = 0;
  readonly server: Server = createServer((_, response) => {
    this.asked += 1;
    response.writeHead(200, { 'Last-Modified': this.date }).end(this.content);
  });

  /** Its address, once it answers. */
  async open(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/file`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}

describe.each(STORES)('%s image store', (store) => {
  let env: Record<string, string>;
  beforeAll(() => {
    env = engine(store);
  });
  const tag = `cached-docker-build-test:rules-${store}`;

  /** Builds, changes, builds; the lines of the steps that ran in the second build. */
  async function linesAgain({ dockerfile, change }: Claim, environment: Record<string, string>): Promise<number[]> {
    // The salt keeps what other runs have left in the engine out of it.
    const Dockerfile = dockerfile.replaceAll('echo ', `: ${Math.random()} && echo `);
    const context = directory({ Dockerfile, a: `${Math.random()}`, b: 'one', '.dockerignore': 'Dockerfile' });
    const argument = (value: string) => ('argument' in change ? ['--build-arg', `${change.argument}=${value}`] : []);
    const flags = ['-t', tag, '--smoke-test', 'off', '--lint', 'off'];
    await build([context, ...flags, ...argument('1')], environment);
    if ('file' in change) writeFileSync(join(context, change.file), `${Math.random()}`);
    if ('text' in change) {
      writeFileSync(join(context, 'Dockerfile'), Dockerfile.replace(change.text, change.becomes));
    }
    const { report } = await build([context, ...flags, ...argument('2')], environment);
    return report.build.steps.filter(({ status }) => status === 'miss').map(({ line }) => line ?? 0);
  }

  test.each(CLAIMS.map((claim) => [claim.rule, claim.says, claim] as const))('%s: %s', async (_, __, claim) => {
    expect(await linesAgain(claim, env)).toEqual(claim.again);
  });

  test.each([
    ['BuildKit does not care what stands in a LABEL', '1', []],
    ['for the classic builder it is a step, and what stands below runs again', '0', [2, 3]],
  ])('order-for-classic-builder: %s', async (_, buildkit, again) => {
    const run = `RUN : ${Math.random()}`;
    const labelled = () => `FROM busybox\nLABEL a=${Math.random()}\n${run}\n`;
    const context = directory({ Dockerfile: labelled() });
    const ran = async () => {
      const environment = { ...env, DOCKER_BUILDKIT: buildkit };
      const { report } = await build([context, '-t', tag, '--smoke-test', 'off', '--lint', 'off'], environment);
      return report.build.steps.filter(({ status }) => status === 'miss').map(({ line }) => line);
    };
    await ran();
    writeFileSync(join(context, 'Dockerfile'), labelled());
    expect(await ran()).toEqual(again);
  });

  test('context-too-broad: .git differs in two checkouts of the same commit, and with it left out nothing else does', async () => {
    const origin = directory({ Dockerfile: `FROM busybox\nCOPY . /src\nRUN : ${Math.random()}\n`, a: '1' });
    const git = (at: string, ...args: string[]) => execFileSync('git', ['-C', at, ...args], { stdio: 'pipe' });
    git(origin, 'init', '--quiet', '--initial-branch', 'main');
    git(origin, 'add', '--all');
    git(origin, '-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'a');
    /** A runner that checks out anew, as actions/checkout does, and builds: the lines of the steps that ran. */
    const job = async (ignored: string) => {
      const checkout = directory({});
      git(checkout, 'init', '--quiet');
      git(checkout, 'fetch', '--quiet', '--no-tags', '--depth=1', `file://${origin}`, 'main');
      git(checkout, 'checkout', '--quiet', '--force', '-B', 'main', 'FETCH_HEAD');
      writeFileSync(join(checkout, '.dockerignore'), ignored);
      const { report } = await build([checkout, '-t', tag, '--smoke-test', 'off', '--lint', 'off'], env);
      return report.build.steps.filter(({ status }) => status === 'miss').map(({ line }) => line);
    };
    await job('');
    expect(await job('')).toEqual([2, 3]);
    await job('.git');
    expect(await job('.git')).toEqual([]);
  });

  test('unpinned-base: a tag that moves re-runs everything', async () => {
    const base = `${tag}-base`;
    const make = (text: string) => docker(['build', '-q', '-t', base, directory({ Dockerfile: text })], env);
    const context = directory({ Dockerfile: `FROM ${base}\nRUN : ${Math.random()}\n` });
    const ran = async () => {
      const { report } = await build([context, '-t', tag, '--smoke-test', 'off', '--lint', 'off'], env);
      return report.build.steps.filter(({ line, status }) => line === 2 && status === 'miss').length;
    };
    await make(`FROM busybox\nENV A=${Math.random()}\n`);
    expect([await ran(), await ran()]).toEqual([1, 0]);
    await make(`FROM busybox\nENV A=${Math.random()}\n`);
    expect(await ran()).toBe(1);
  });

  test('cache-mount-missing: what a step leaves in a cache mount is there when it runs again', async () => {
    const mount = `--mount=type=cache,id=${Math.random()},target=/cache`;
    const context = directory({
      Dockerfile: `FROM busybox\nCOPY a /a\nRUN ${mount} touch /cache/$(cat /a) && ls /cache >/found\n`,
      a: 'first',
    });
    const found = async () => {
      await build([context, '-t', tag, '--smoke-test', 'off', '--lint', 'off'], env);
      return docker(['run', '--rm', tag, 'cat', '/found'], env);
    };
    expect(await found()).toBe('first');
    writeFileSync(join(context, 'a'), 'second');
    expect(await found()).toBe('first\nsecond');
  });

  test('copy-then-chown: the files are stored a second time', async () => {
    const context = directory({
      Dockerfile: 'FROM busybox\nCOPY large /app/large\nRUN chown -R 1000 /app\n',
      large: 'x'.repeat(2_000_000),
    });
    await build([context, '-t', tag, '--smoke-test', 'off'], env);
    const sizes = await docker(['history', '--human=false', '--format', '{{.Size}} {{.CreatedBy}}', tag], env);
    const [chown = '', copy = ''] = sizes.split('\n');
    expect([chown, copy].map((line) => Number.parseInt(line, 10) >= 2_000_000)).toEqual([true, true]);
  });

  test('not-a-comment: what a comment swallows does not run, and what it becomes elsewhere', async () => {
    const context = directory({
      Dockerfile:
        'FROM busybox\nRUN echo one # comment \\\n  && exit 1\nWORKDIR /app # place\nENV A b # c\nCMD ["true"] # run\n',
    });
    await build([context, '-t', tag, '--smoke-test', 'off'], env);
    const inspected = await docker(
      ['inspect', '--format', '{{.Config.WorkingDir}}|{{json .Config.Env}}|{{json .Config.Cmd}}', tag],
      env,
    );
    expect(inspected).toMatch(/^\/app # place\|.*"A=b # c".*\|\["\/bin\/sh","-c","\[\\"true\\"\] # run"\]$/);
  });

  describe('what comes from the network', () => {
    let site: Site;
    beforeEach(() => {
      site = new Site();
    });
    afterEach(() => site.close());

    /** Builds, and returns the exit code and the lines of the steps that ran. */
    async function ran(context: string, ...flags: string[]) {
      const { code, report } = await build([context, '-t', tag, '--smoke-test', 'off', '--lint', 'off', ...flags], env);
      return { code, lines: report.build.steps.filter(({ status }) => status === 'miss').map(({ line }) => line) };
    }

    test('remote-add: its server is asked in every build, and the content of the file is the key, not its date', async () => {
      const Dockerfile = `FROM busybox\nADD ${await site.open()} /file\nRUN : ${Math.random()}\n`;
      const context = directory({ Dockerfile });
      await ran(context);
      site.asked = 0;
      expect(await ran(context)).toEqual({ code: 0, lines: [] });
      expect(site.asked).toBeGreaterThan(0);
      site.date = 'Fri, 02 Jan 2026 00:00:00 GMT';
      expect(await ran(context)).toEqual({ code: 0, lines: [] });
      site.content = `${Math.random()}`;
      expect((await ran(context)).lines).toEqual([2, 3]);
      await site.close();
      expect((await ran(context)).code).toBe(1);
    });

    test('remote-add: with a checksum nothing is asked, and no server has to answer', async () => {
      const checksum = `sha256:${createHash('sha256').update(site.content).digest('hex')}`;
      const add = `ADD --checksum=${checksum} ${await site.open()} /file`;
      const context = directory({ Dockerfile: `FROM busybox\n${add}\nRUN : ${Math.random()}\n` });
      await ran(context);
      expect(site.asked).toBeGreaterThan(0);
      await site.close();
      expect(await ran(context)).toEqual({ code: 0, lines: [] });
    });

    test('download-cached-forever: what a RUN fetched stays, until something above it changes', async () => {
      const fetch = `wget -q -O /file ${await site.open()}`;
      const context = directory({ Dockerfile: `FROM busybox\nARG VERSION\nRUN ${fetch}\n` });
      const fetched = async (version: string) => {
        await ran(context, '--network', 'host', '--build-arg', `VERSION=${version}`);
        return docker(['run', '--rm', tag, 'cat', '/file'], env);
      };
      const old = site.content;
      expect(await fetched('1')).toBe(old);
      site.content = `${Math.random()}`;
      expect(await fetched('1')).toBe(old);
      expect(await fetched('2')).toBe(site.content);
    });
  });
});
