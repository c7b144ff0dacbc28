// What --fix promises of Docker: the image has the same files as before, and the install comes from the cache. Package
// managers are known by their names, so that scripts in a busybox stand in for them: each leaves in the image what it was
// given and what it has read.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyEdits } from '../../src/lint/edits.ts';
import { build, command, directory, docker, engine, read, run, STORES } from '../support/engine.ts';

const NPM = `#!/bin/sh
set -e
case "$1" in
  ci) mkdir -p node_modules/.bin; sha256sum package.json package-lock.json .npmrc client/package.json > node_modules/.lock 2>/dev/null || : ;;
  install) mkdir -p node_modules; ls package-lock.json > node_modules/.lock 2>/dev/null || : ;;
  run) cat src/a.js > built.js ;;
esac
`;
const APT = `#!/bin/sh
set -e
mkdir -p /var/lib/apt/lists
if [ "$1" = update ]; then echo index > /var/lib/apt/lists/index; exit; fi
test -e /var/lib/apt/lists/index
for name; do case "$name" in -*|install) ;; *) echo "$name" > "/usr/share/$name" ;; esac; done
`;
const PIP = '#!/bin/sh\nset -e\nmkdir -p /usr/lib/site\ncp requirements.txt /usr/lib/site/\n';
const MAKE = '#!/bin/sh\ncat src/a.js > made\n';
const BASE = {
  Dockerfile: 'FROM busybox\nRUN mkdir -p /usr/share /usr/lib\nCOPY --chmod=755 bin /usr/local/bin/\n',
  'bin/npm': NPM,
  'bin/apt-get': APT,
  'bin/pip': PIP,
  'bin/make': MAKE,
};

const FILES = {
  'package.json': '{"name":"a","workspaces":["client"]}',
  'package-lock.json': '{}',
  'client/package.json': '{"name":"b"}',
  'client/index.html': '<p>',
  'requirements.txt': 'flask==3.0',
  'src/a.js': '1',
  '.dockerignore': 'Dockerfile*',
};

interface Case {
  rule: string;
  says: string;
  dockerfile: string;
  /** What changes from one build to the next. */
  change: { file: string } | { argument: string } | null;
  /** The steps, by the beginning of their text, that run again after it before the fix, and do not after it. */
  saved: string[];
  /** Files that differ, which is what the rule is about. */
  apart?: RegExp;
}

const SOURCE = { file: 'src/a.js' };
const CASES: Case[] = [
  {
    rule: 'copy-before-install',
    says: 'workspaces, an owner, a RUN that goes on to build',
    dockerfile:
      'FROM base\nWORKDIR /app\n\n# all\nCOPY --chown=5:6 . .\nENV CI=1\nRUN npm ci \\\n && npm run build\nCMD ["x"]\n',
    change: SOURCE,
    saved: ['RUN npm ci'],
  },
  {
    rule: 'copy-before-install',
    says: 'a directory that the COPY makes, and one install after another',
    dockerfile:
      'FROM base\nCOPY . /srv/app\nWORKDIR /srv/app\nRUN pip install -r requirements.txt\nRUN cd /srv/app && npm ci\nRUN npm run build\n',
    change: SOURCE,
    saved: ['RUN pip', 'RUN cd /srv/app && npm ci'],
  },
  {
    rule: 'copy-before-install',
    says: 'packages of the system go above the manifests',
    dockerfile:
      'FROM base\nWORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y gcc\nRUN pip install -r requirements.txt\n',
    change: SOURCE,
    saved: ['RUN apt-get', 'RUN pip'],
  },
  {
    rule: 'system-packages-after-copy',
    says: 'a RUN that goes on to build',
    dockerfile: 'FROM base\nWORKDIR /src\nCOPY . .\nRUN apt-get update && apt-get install -y gcc && make\n',
    change: SOURCE,
    saved: ['RUN apt-get'],
  },
  {
    rule: 'system-packages-after-copy',
    says: 'a manifest, and a script in a heredoc',
    dockerfile:
      'FROM base\nWORKDIR /src\nCOPY requirements.txt ./\nRUN <<EOF\napt-get update\napt-get install -y gcc\nEOF\nRUN pip install -r requirements.txt\n',
    change: { file: 'requirements.txt' },
    saved: ['RUN <<EOF'],
  },
  {
    rule: 'variable-declared-early',
    says: 'down to its first use',
    dockerfile:
      'FROM base\nARG TOOL_VERSION=1\nRUN apt-get update && apt-get install -y curl\nRUN echo tool > /tool-$TOOL_VERSION\n',
    change: { argument: 'TOOL_VERSION' },
    saved: ['RUN apt-get'],
  },
  {
    rule: 'volatile-variable-before-run',
    says: 'with what passes it on',
    dockerfile:
      'FROM base\nARG GIT_SHA\nENV GIT_SHA=$GIT_SHA\nLABEL revision=$GIT_SHA\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\nRUN echo $GIT_SHA > /version\n',
    change: { argument: 'GIT_SHA' },
    saved: ['RUN pip'],
  },
  {
    rule: 'package-index-cached-alone',
    says: 'one RUN in place of two',
    dockerfile: 'FROM base\nRUN apt-get update\nWORKDIR /app\nRUN apt-get install -y curl \\\n  git\n',
    change: null,
    saved: [],
  },
  {
    rule: 'lockfile-not-copied',
    says: 'the lock file comes along',
    dockerfile: 'FROM base\nWORKDIR /app\nCOPY package.json ./\nRUN npm install\n',
    change: null,
    saved: [],
    apart: /^app\/(package-lock\.json|node_modules\/\.lock) /,
  },
  {
    rule: 'not-a-comment',
    says: 'the files stay',
    dockerfile: 'FROM base\nENV A b # letters\nRUN echo a > /a\nCMD ["true"] # runs\n',
    change: null,
    saved: [],
  },
];

/** One entry of a tar file: path, type, mode, owner and group, where a link leads, and what is in it. */
function listing(tar: Buffer): string[] {
  const entries: string[] = [];
  let long = '';
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const field = (from: number, length: number) =>
      tar.toString('utf8', at + from, at + from + length).split('\0')[0] ?? '';
    const size = Number.parseInt(field(124, 12), 8) || 0;
    const content = tar.subarray(at + 512, at + 512 + size);
    const [type, prefix] = [field(156, 1), field(345, 155)];
    if (type === 'x') long = /\d+ path=(.*)\n/.exec(content.toString())?.[1] ?? '';
    else {
      const name = long || (prefix ? `${prefix}/` : '') + field(0, 100);
      const digest = createHash('sha256').update(content).digest('hex').slice(0, 16);
      entries.push([name, type, field(100, 8), field(108, 8), field(116, 8), field(157, 100), size, digest].join(' '));
      long = '';
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries.sort();
}

describe.each(STORES)('%s', (store) => {
  let env: Record<string, string>;
  const base = `cached-docker-build-test:fixes-base-${store}`;
  const tag = `cached-docker-build-test:fixes-${store}`;

  beforeAll(async () => {
    env = engine(store);
    await docker(['build', '-q', '-t', base, directory(BASE)], env);
  });

  async function filesOf(image = tag): Promise<string[]> {
    const container = await docker(['create', image, 'true'], env);
    const file = join(directory({}), 'image.tar');
    await docker(['export', '-o', file, container], env);
    await docker(['rm', container], env);
    return listing(readFileSync(file));
  }

  // Each keeps its name until the end: where a name goes over to the next image, containerd may collect the layers that both
  // have while that one is being unpacked ("parent snapshot … does not exist").
  let images = 0;
  const named = () => `${tag}-${images++}`;
  afterAll(async () => {
    const made = Array.from({ length: images }, (_, at) => `${tag}-${at}`);
    await run('docker', ['image', 'rm', '--force', tag, ...made], env);
  });

  const flags = (image: string) => ['-t', image, '--smoke-test', 'off', '--lint', 'off'];
  const argument = (change: Case['change'], value: string) =>
    change && 'argument' in change ? ['--build-arg', `${change.argument}=${value}`] : [];

  /** Builds, changes, builds: the files of the first image, and the steps that ran again. */
  async function look(context: string, change: Case['change']): Promise<{ files: string[]; again: string[] }> {
    writeFileSync(join(context, 'src/a.js'), 'before');
    writeFileSync(join(context, 'requirements.txt'), 'flask==3.0');
    const first = named();
    await build([context, ...flags(first), ...argument(change, 'one')], env);
    const files = await filesOf(first);
    // No two builds of any run have the same.
    const value = `x${Math.random()}`;
    if (change && 'file' in change) writeFileSync(join(context, change.file), value);
    const { report } = await build([context, ...flags(named()), ...argument(change, value)], env);
    expect(report.build).toMatchObject({ outcome: 'built', failure: null });
    return { files, again: report.build.steps.filter(({ status }) => status === 'miss').map(({ text }) => text) };
  }

  test.each(CASES.map((one) => [one.rule, one.says, one] as const))('%s: %s', async (rule, __, one) => {
    const text = one.dockerfile.replace('FROM base', `FROM ${base}`);
    const context = directory({ ...FILES, Dockerfile: text });
    const before = await look(context, one.change);
    writeFileSync(join(context, 'requirements.txt'), 'flask==3.0');
    const fixed = await command(['lint', '--fix', '--format', 'json'], env, context);
    expect(JSON.parse(fixed.stdout).lint.findings.map((finding: { rule: string }) => finding.rule)).not.toContain(rule);
    expect(read(context, 'Dockerfile')).not.toBe(text);
    const after = await look(context, one.change);
    const kept = (files: string[]) => files.filter((file) => !one.apart?.test(file));
    expect(kept(after.files)).toEqual(kept(before.files));
    expect(one.apart === undefined || kept(after.files).length < after.files.length).toBe(true);
    for (const step of one.saved) {
      expect(before.again).toEqual(expect.arrayContaining([expect.stringContaining(step)]));
      expect(after.again).not.toEqual(expect.arrayContaining([expect.stringContaining(step)]));
    }
  });

  test('order-for-classic-builder: below the RUN, a LABEL re-runs nothing', async () => {
    const classic = { ...env, DOCKER_BUILDKIT: '0' };
    const text = `FROM ${base}\nLABEL version=1\nEXPOSE 80\nRUN : ${Math.random()} && npm install\nCMD ["true"]\n`;
    const context = directory({ ...FILES, Dockerfile: text });
    const ran = async (dockerfile: string) => {
      writeFileSync(join(context, 'Dockerfile'), dockerfile);
      const { report } = await build([context, '-t', tag, '--smoke-test', 'off'], classic);
      return { report, files: await filesOf() };
    };
    const before = await ran(text);
    const edits = before.report.lint.findings.flatMap(({ fix }) => fix?.edits ?? []);
    const fixed = applyEdits(text, edits);
    const after = await ran(fixed);
    expect(after.files).toEqual(before.files);
    const again = async (dockerfile: string) => {
      const { report } = await ran(dockerfile.replace('version=1', 'version=2'));
      return report.build.steps.some(({ text: step, status }) => step.startsWith('RUN') && status === 'miss');
    };
    expect(await again(text)).toBe(true);
    expect(await again(fixed)).toBe(false);
    const config = (format: string) => docker(['inspect', '--format', format, tag], env);
    expect(await config('{{json .Config.Cmd}} {{json .Config.ExposedPorts}}')).toBe('["true"] {"80/tcp":{}}');
  });

  test('what the fixes rest on: directories that COPY makes, and finds', async () => {
    const context = directory({ 'sub/a': '1', 'open/b': '2', '.dockerignore': 'Dockerfile*' });
    execFileSync('chmod', ['711', join(context, 'sub')]);
    execFileSync('chmod', ['1777', join(context, 'open')]);
    const made = async (lines: string) => {
      writeFileSync(join(context, 'Dockerfile'), `FROM busybox\n${lines}\n`);
      await docker(['build', '-q', '-t', tag, context], env);
      return filesOf();
    };
    for (const copy of ['COPY', 'COPY --chown=5:6', 'COPY --chmod=750', 'COPY --link']) {
      const whole = await made(`${copy} . /x/app`);
      expect(await made(`${copy} sub/a /x/app/sub/\n${copy} open/b /x/app/open/\n${copy} . /x/app`)).toEqual(whole);
    }
  });
});
