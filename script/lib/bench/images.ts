// The images that are built, and what is changed in them.

import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageFacts, Scenario } from './measurement.ts';
import { call, type Environment } from './process.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Change {
  file: string;
  from: string;
  to: string;
}

interface Variant {
  changes: Change[];
  /** How many RUN instructions must run, with everything else in the cache. */
  mustRun: number;
}

export interface Image extends ImageFacts {
  /** Below examples/. */
  context: string;
  /** What is there before a build begins. */
  base: { name: string; dockerfile: string } | null;
  buildArgs: string[];
  /** Wants the machine's way to the npm registry. */
  npm: boolean;
  /** All RUN instructions. */
  runs: number;
  variants: Partial<Record<Exclude<Scenario, 'cold'>, Variant>>;
  /** A command in the image, and what it says. */
  check: string[];
  says: (scenario: Scenario) => string;
}

const NODE = 'cached-docker-build-bench-node';
const unchanged: Variant = { changes: [], mustRun: 0 };
const inDockerfile = (from: string, to: string): Change => ({ file: 'Dockerfile', from, to });

export const IMAGES: Image[] = [
  {
    name: 'redis',
    about: '`examples/redis`: one small step, no sources.',
    largeLayers: false,
    largeBuilder: false,
    context: 'redis',
    base: null,
    buildArgs: [],
    npm: false,
    runs: 1,
    variants: {
      unchanged,
      dependency: { changes: [inDockerfile('redis-server \\', 'redis-server procps \\')], mustRun: 1 },
      last: { changes: [inDockerfile('["redis-server"]', '["redis-server", "--save", ""]')], mustRun: 0 },
    },
    check: ['redis-server', '--version'],
    says: () => 'Redis server v=',
  },
  {
    name: 'multi-stage',
    about:
      '`examples/multi-stage`: a C++ program. 560 MB of toolchain and libraries in the builder stage, 2 MB in the last.',
    largeLayers: false,
    largeBuilder: true,
    context: 'multi-stage',
    base: null,
    buildArgs: [],
    npm: false,
    runs: 3,
    variants: {
      unchanged,
      source: { changes: [{ file: 'src/main.cpp', from: 'tally 1.0', to: 'tally 1.1' }], mustRun: 1 },
      dependency: {
        changes: [{ file: 'dependencies.txt', from: 'libfmt-dev', to: 'libfmt-dev\nlibcli11-dev' }],
        mustRun: 2,
      },
      last: { changes: [inDockerfile('sample.jsonl"]', 'sample.jsonl", "message"]')], mustRun: 0 },
    },
    check: ['tally', '--version'],
    says: (scenario) => (scenario === 'source' ? 'tally 1.1' : 'tally 1.0'),
  },
  {
    name: 'npm',
    about: '`examples/npm`: 325 packages in one stage, 120 MB above the base image, which has Node and npm.',
    largeLayers: true,
    largeBuilder: false,
    context: 'npm',
    // Where no registry answers there is no official image of Node.
    base: {
      name: NODE,
      dockerfile:
        'FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends nodejs npm\n',
    },
    buildArgs: [`NODE=${NODE}`],
    npm: true,
    runs: 2,
    variants: {
      unchanged,
      source: { changes: [{ file: 'src/server.ts', from: 'uptime 1.0', to: 'uptime 1.1' }], mustRun: 1 },
      dependency: {
        // The same package in the end: what is measured is the step, not another download.
        changes: ['package.json', 'package-lock.json'].map((file) => ({
          file,
          from: '"ms": "^2.1.3"',
          to: '"ms": "^2.1.2"',
        })),
        mustRun: 2,
      },
      last: { changes: [inDockerfile('"dist/server.js"]', '"dist/server.js", "--quiet"]')], mustRun: 0 },
    },
    check: ['node', 'dist/server.js', '--version'],
    says: (scenario) => (scenario === 'source' ? 'uptime 1.1' : 'uptime 1.0'),
  },
];

/** Whether an image has this scenario: without sources, none of them changes. */
export const has = (image: Image, scenario: Scenario): boolean => scenario === 'cold' || scenario in image.variants;

/** How many RUN instructions have to run. */
export const mustRun = (image: Image, scenario: Scenario): number =>
  scenario === 'cold' ? image.runs : (image.variants[scenario]?.mustRun ?? image.runs);

/** Lays the sources out as a checkout of the scenario's commit would. */
export async function checkOut(image: Image, scenario: Scenario, workspace: string): Promise<void> {
  await rm(workspace, { recursive: true, force: true });
  await cp(join(root, 'examples', image.context), workspace, { recursive: true });
  const changes = scenario === 'cold' ? [] : (image.variants[scenario]?.changes ?? []);
  for (const { file, from, to } of changes) {
    const text = await readFile(join(workspace, file), 'utf8');
    if (!text.includes(from)) throw new Error(`${image.name}: ${file} has no ${from} to change`);
    await writeFile(join(workspace, file), text.replace(from, to));
  }
}

/** The machine's npm configuration as a build can use it. It travels as a secret: it is no part of any image. */
export async function npmrc(env: Environment, file: string): Promise<string> {
  const registry = (await call('npm', ['config', 'get', 'registry'], { env, cwd: root })).stdout.trim();
  const authority = env.NODE_EXTRA_CA_CERTS ? ['cafile=/etc/ssl/certs/ca-certificates.crt'] : [];
  await writeFile(file, `${[`registry=${registry}`, ...authority].join('\n')}\n`);
  return file;
}
