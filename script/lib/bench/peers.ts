// Who is measured: plain `docker build`, this action, type=gha, and a type=local directory kept by actions/cache. Each is
// used as its documentation says.

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../../src/report/report.ts';
import { type Engine, TAG } from './engine.ts';
import { type Image, root } from './images.ts';
import type { PeerName } from './measurement.ts';
import { call, type Environment } from './process.ts';
import type { Service } from './service.ts';

/** One run of a workflow's job. */
export interface Job {
  image: Image;
  engine: Engine;
  service: Service;
  /** The checkout, and what the job may write to. The same paths in every job, as on hosted runners. */
  workspace: string;
  temp: string;
  /** The commit. */
  sha: string;
  npmrc: string;
}

/** Times are in milliseconds since 1970. */
export interface Done {
  stepEnded: number;
  savedEnded: number;
  ran: number;
  bytesNeeded: number | null;
}

export const RUN: Record<PeerName, (job: Job) => Promise<Done>> = { plain, ours, gha, local };

async function plain(job: Job): Promise<Done> {
  const ran = await dockerBuild(job, []);
  return at(Date.now(), ran);
}

async function gha(job: Job): Promise<Done> {
  const { url } = job.service;
  const cache = `type=gha,version=2,url_v2=${url},token=${await job.service.loopbackToken()},scope=${job.image.name}`;
  const ran = await dockerBuild(job, ['--cache-from', cache, '--cache-to', `${cache},mode=max`]);
  return at(Date.now(), ran);
}

async function local(job: Job): Promise<Done> {
  const [old, fresh] = [join(job.temp, '.buildx-cache'), join(job.temp, '.buildx-cache-new')];
  const prefix = 'Linux-buildx-';
  const key = prefix + job.sha;
  const found = await actionsCache(job, 'restore', old, key, prefix);
  const cache = ['--cache-from', `type=local,src=${old}`, '--cache-to', `type=local,dest=${fresh},mode=max`];
  const ran = await dockerBuild(job, cache);
  // Or the directory would only ever grow.
  await rm(old, { recursive: true, force: true });
  await rename(fresh, old);
  const stepEnded = Date.now();
  if (!found.includes(`found:${key}\n`)) await actionsCache(job, 'save', old, key);
  return { ...at(stepEnded, ran), savedEnded: Date.now() };
}

const at = (ended: number, ran: number): Done => ({ stepEnded: ended, savedEnded: ended, ran, bytesNeeded: null });

async function actionsCache(job: Job, ...args: string[]): Promise<string> {
  const script = join(root, 'script/lib/bench/actions-cache.ts');
  return (await call(process.execPath, [script, ...args], { env: runner(job), cwd: job.workspace })).stdout;
}

/** Builds, and tells how many RUN instructions ran. */
async function dockerBuild({ image, engine, workspace, npmrc }: Job, cache: string[]): Promise<number> {
  const args = image.buildArgs.flatMap((arg) => ['--build-arg', arg]);
  const secrets = image.npm ? ['--secret', `id=npmrc,src=${npmrc}`] : [];
  const all = ['build', '--progress=plain', '--tag', TAG, ...args, ...secrets, ...cache, '.'];
  return runsIn((await call('docker', all, { env: engine.env, cwd: workspace })).stderr);
}

/** Every RUN of these images prints something while it runs; one that is reused does not. */
function runsIn(log: string): number {
  const printed = new Set(Array.from(log.matchAll(/^#(\d+) \d+\.\d+ /gm), ([, step]) => step));
  const steps = new Set(Array.from(log.matchAll(/^#(\d+) \[.*\] RUN /gm), ([, step]) => step));
  return [...steps].filter((step) => printed.has(step)).length;
}

async function ours(job: Job): Promise<Done> {
  const { image, temp, npmrc } = job;
  const inputs: Record<string, string> = {
    context: '.',
    tags: TAG,
    'build-args': image.buildArgs.join('\n'),
    'secret-files': image.npm ? `npmrc=${npmrc}` : '',
    'smoke-test': 'off',
    report: join(temp, 'report.json'),
  };
  const env = {
    ...runner(job),
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
  await action('main', env, job);
  const stepEnded = Date.now();
  const state = pairs(await readFile(join(temp, 'state'), 'utf8'));
  await action('post', { ...env, ...prefixed('STATE_', state) }, job);
  const savedEnded = Date.now();
  const { build, cache }: Report = JSON.parse(await readFile(join(temp, 'report.json'), 'utf8'));
  const ran = build.steps.filter(({ instruction, status }) => instruction === 'RUN' && status === 'miss').length;
  return { stepEnded, savedEnded, ran, bytesNeeded: cache.store === 'actions' ? cache.bytesFetched : null };
}

const action = (entry: string, env: Environment, { workspace }: Job) =>
  call(process.execPath, [join(root, `dist/${entry}.js`)], { env, cwd: workspace });

const prefixed = (prefix: string, values: Record<string, string>): Environment =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));

/** NAME<<DELIMITER, the value, DELIMITER: what an action writes for its runner. */
function pairs(text: string): Record<string, string> {
  const found = text.matchAll(/^(.+?)<<(\S+)\n([\s\S]*?)\n?^\2$/gm);
  return Object.fromEntries(Array.from(found, ([, name = '', , value = '']) => [name, value]));
}

/** The environment that a runner gives to an action. */
function runner({ engine, service, workspace, temp, sha, image }: Job): Environment {
  return {
    ...engine.env,
    ...service.env,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'octo/app',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_SHA: sha,
    GITHUB_WORKFLOW: 'ci',
    GITHUB_JOB: image.name,
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_WORKSPACE: workspace,
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    RUNNER_TEMP: temp,
    GITHUB_OUTPUT: join(temp, 'output'),
    GITHUB_STATE: join(temp, 'state'),
    GITHUB_STEP_SUMMARY: join(temp, 'summary'),
  };
}

/** A place for the job's files, with those that a runner makes. */
export async function newMachine(temp: string): Promise<void> {
  await rm(temp, { recursive: true, force: true });
  await mkdir(temp, { recursive: true });
  for (const file of ['output', 'state', 'summary']) await writeFile(join(temp, file), '');
}
