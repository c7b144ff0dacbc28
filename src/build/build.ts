// Runs `docker build`, reads what the builder says while it works, and describes the result.

import { join } from 'node:path';
import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import { now, wallClock } from '../host/clock.ts';
import { readText, withTemporaryDirectory } from '../host/files.ts';
import { follow, run } from '../host/process.ts';
import type { Inputs } from '../inputs.ts';
import type { BuildReport, Engine, Failure, Step } from '../report/report.ts';
import { dockerBuild } from './arguments.ts';
import { Classic } from './classic.ts';
import type { Reader } from './engine.ts';
import { readMetadata } from './metadata.ts';
import type { Operation } from './operation.ts';
import { RawJson } from './rawjson.ts';
import { buildkitPlaces, classicPlaces, type Described, describe, describeSteps } from './steps.ts';
import { type BuildEvent, isCancelled, keepLast, type Trace } from './trace.ts';

export interface BuildJob {
  inputs: Inputs;
  /** Path of the Dockerfile. */
  file: string;
  dockerfile: Dockerfile;
  reader: Reader;
  engine: Engine;
  /** Further flags of docker build. */
  flags: string[];
}

/** Gets every event while the build runs, with its step as the report will name it. */
export type Watch = (event: BuildEvent, step: Step | null) => void;

/** What a build leaves: its report, and what its steps were joined from. */
export interface Built {
  report: BuildReport;
  described: Described[];
  /** By the keys of the steps' traces; empty where the builder told none. */
  operations: ReadonlyMap<string, Operation>;
  /** When the builder began, by its own clock, in milliseconds since 1970; null where it did not say. */
  started: number | null;
}

/** Runs `docker build`. A build that fails is a result, not an error. */
export async function build(
  { inputs, file, dockerfile, reader, engine, flags }: BuildJob,
  watch: Watch,
  cancel: AbortSignal,
): Promise<Built> {
  const classic = reader.kind === 'classic';
  const places = classic ? classicPlaces(dockerfile, inputs.target) : buildkitPlaces(dockerfile, inputs.target);
  const output = classic ? new Classic() : new RawJson();
  const tell = (events: BuildEvent[]) => {
    for (const event of events) {
      watch(event, event.kind === 'message' ? null : describe(places.byNumber(event.step), event.step));
    }
  };
  return withTemporaryDirectory(async (directory) => {
    const metadataFile = join(directory, 'metadata.json');
    const progress = reader.kind === 'rawjson' ? 'rawjson' : 'plain';
    const own = classic ? [] : [`--progress=${progress}`, '--metadata-file', metadataFile];
    const call = dockerBuild(inputs, file, [...own, ...flags]);
    const env = classic ? { DOCKER_BUILDKIT: '0' } : { BUILDX_METADATA_PROVENANCE: 'max' };
    const start = now();
    const exitCode = await follow('docker', call.args, {
      env: { ...call.env, ...env },
      cancel,
      stdout: (line) => tell(output.out(line, wallClock())),
      stderr: (line) => tell(output.err(line, wallClock())),
    });
    tell(output.close(wallClock(), exitCode));
    const seconds = now() - start;
    const metadata = readMetadata((await readText(metadataFile)).text ?? '');
    const trace = output.trace();
    const failed = exitCode !== 0;
    const described = describeSteps(trace.steps, places, metadata.lines, failed);
    const steps = described.map(({ step }) => step);
    const report: BuildReport = {
      outcome: failed ? 'failed' : 'built',
      engine,
      imageId: classic
        ? await fullId(output)
        : engine.imageStore === 'containerd'
          ? metadata.digest
          : metadata.configDigest,
      digest: metadata.digest,
      seconds,
      steps,
      phases: trace.phases,
      failure: failed ? failure(trace, steps, exitCode) : null,
      notice: reader.kind === 'none' ? reader.notice : null,
      compared: null,
      savedSeconds: 0,
    };
    return { report, described, operations: metadata.operations, started: trace.started };
  });
}

/**
 * Runs `docker build` once more for an image that is built, only for what the flags export: no tag is moved, no step is
 * forced to run.
 * @param solved called once all steps were found in the engine's cache, and a cache begins to be exported
 * @throws Error with docker's reason
 */
export async function exportBuild(
  inputs: Inputs,
  file: string,
  flags: string[],
  cancel: AbortSignal,
  solved: () => void = () => {},
): Promise<void> {
  const same = { ...inputs, tags: [], pull: false, 'no-cache': false, 'no-cache-filters': [] };
  const target = flags.includes('--target') ? '' : inputs.target;
  const call = dockerBuild({ ...same, target }, file, ['--progress=plain', ...flags]);
  const said: string[] = [];
  const exitCode = await follow('docker', call.args, {
    env: call.env,
    cancel,
    stdout: () => {},
    stderr: (line) => {
      keepLast(said, [line]);
      // What the builder calls that step: cache/remotecache/registry/registry.go
      if (/^#\d+ exporting cache/.test(line)) solved();
    },
  });
  if (exitCode === 0) return;
  throw new Error(said.findLast((line) => line.startsWith('ERROR')) ?? said.at(-1) ?? 'docker build failed');
}

/** The classic builder prints a short id only. */
async function fullId(output: Classic | RawJson): Promise<string | null> {
  const id = output instanceof Classic ? output.imageId : null;
  if (id === null) return null;
  const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Id}}', id]);
  return stdout.trim() || id;
}

function failure(trace: Trace, steps: Step[], exitCode: number): Failure {
  const step = steps.find(({ status }) => status === 'failed') ?? null;
  const failed = trace.steps.find(({ error }) => error !== null && !isCancelled(error));
  if (step && failed) {
    const code = /exit code: (\d+)$/.exec(failed.error ?? '')?.[1];
    const message = code ? `${step.instruction} ended with exit code ${code}` : (failed.error ?? '');
    return { step: step.id, message, log: failed.log };
  }
  const said = trace.messages.findLast((line) => /^(ERROR|error)\b/i.test(line)) ?? trace.messages.at(-1);
  const message = said?.replace(/^ERROR: /, '').replace(/^(failed to (build|solve): )+/, '');
  return { step: null, message: message ?? `docker build ended with exit code ${exitCode}`, log: [] };
}
