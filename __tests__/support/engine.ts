// Real Docker engines for the tests, one of each image store, and the program as users start it: from dist/.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import type { Report } from '../../src/report/report.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const STORES = ['containerd', 'overlay2'] as const;
export type Store = (typeof STORES)[number];

/** The Node that runners ship: npm's node@24. */
export const node24 = join(root, 'node_modules/node/bin/node');

type Environment = Record<string, string>;

// Jest numbers its workers. Each has engines of its own, for tests empty them: the first those without a number.
const { JEST_WORKER_ID: worker = '1' } = process.env;
const number = worker === '1' ? '' : `-${worker}`;

/** The environment in which `docker` speaks to an engine with this store. Fails, and says how to start one, if none runs. */
export function engine(store: Store): Environment {
  const script = `eval "$(script/engine env --store ${store}${number})" && env -0`;
  const output = execFileSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: root, encoding: 'utf8' });
  const found = Object.fromEntries(
    output
      .split('\0')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  // What is recorded of all these builds is none of the user's business.
  return { ...found, XDG_CACHE_HOME: directory({}) };
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export function run(program: string, args: string[], env: Environment, cwd = root): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, { env, cwd, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Runs the command from dist/. */
export function command(args: string[], env: Environment, cwd = root): Promise<Ran> {
  return run(process.execPath, [join(root, 'dist/cli.js'), ...args], env, cwd);
}

/** Runs `cached-docker-build build` with --format json and returns the report with what was printed. */
export async function build(args: string[], env: Environment): Promise<Ran & { report: Report }> {
  const ran = await command(['build', '--format', 'json', ...args], env);
  try {
    return { ...ran, report: JSON.parse(ran.stdout) };
  } catch {
    throw new Error(`no report; exit code ${ran.code}\n${ran.stdout}\n${ran.stderr}`);
  }
}

/** Runs docker and returns what it prints; an exit code other than 0 is an error. */
export async function docker(args: string[], env: Environment): Promise<string> {
  const ran = await run('docker', args, env);
  if (ran.code !== 0) throw new Error(`docker ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim();
}

/**
 * Makes an engine as empty as one on another machine: nothing but base images is left. The image goes last, since the
 * containerd store removes what nobody needs at once only then (SynchronousDelete in moby's daemon/containerd).
 */
export async function emptyEngine(tag: string, env: Environment): Promise<void> {
  // What the last build has only just let go of is still in use for a moment, and left out.
  for (let left = 1, tries = 0; left > 0 && tries < 100; tries++) {
    await ask('POST', '/build/prune?all=1', env);
    // Says nothing but an error while the engine is still removing.
    left = (await ask('GET', '/system/df?type=build-cache', env)).BuildCache?.length ?? 1;
  }
  await ask('DELETE', `/images/${tag}?force=1`, env);
  await ask('POST', '/images/prune', env);
}

/** What the engine's API answers. Starting docker for it takes longer than the answer. */
async function ask(method: string, path: string, env: Environment): Promise<{ BuildCache?: unknown[] }> {
  const socketPath = (env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '');
  const sent = request({ socketPath, method, path: `/v1.44${path}` }).end();
  const [response] = await once(sent, 'response');
  return JSON.parse((await text(response)) || '{}');
}

/** Starts the command and leaves it running. */
export function start(args: string[], env: Environment) {
  return spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], { env, cwd: root });
}

const made: string[] = [];
const mounted: string[] = [];
afterAll(() => {
  for (const path of mounted) execFileSync('umount', ['--lazy', path]);
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** A new directory with these files, until the test file is through. */
export function directory(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'cached-docker-build-test-'));
  made.push(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

/** A file system of its own in memory, until the test file is through. */
export function fileSystem(size: string): string {
  const path = directory({});
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  mounted.push(path);
  return path;
}

/** The text of a file that a test made or keeps. */
export const read = (...parts: string[]): string => readFileSync(join(...parts), 'utf8');
