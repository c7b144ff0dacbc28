// Finds out which engine and which builder there are, and what they can do.

import { ProgramMissing, run, variable } from '../host/process.ts';
import type { Problem } from '../inputs.ts';
import type { Engine } from '../report/report.ts';

/** How the builder's steps are read. `none`: its output is passed on as it is, for the reason in `notice`. */
export type Reader = { kind: 'rawjson' } | { kind: 'classic' } | { kind: 'none'; notice: string };

export type Found = { engine: Engine; reader: Reader } | { problem: Problem };

/** The part of `docker info --format '{{json .}}'` that is read: github.com/docker/cli, cli/command/system/info.go. */
interface Info {
  ServerVersion?: string;
  ServerErrors?: string[];
  Driver?: string;
  DriverStatus?: [string, string][] | null;
  ClientInfo?: { Plugins?: { Name: string; Version?: string; Err?: string }[] | null };
}

/**
 * Is there a docker command, does its engine answer, which builder does `docker build` use? One call answers all of it:
 * every start of a plugin (`docker buildx version`) would cost the user a tenth of a second and more.
 */
export async function findEngine(): Promise<Found> {
  const world = (message: string): Found => ({ problem: { kind: 'world', message, file: null } });
  let answer: { stdout: string; stderr: string };
  try {
    answer = await run('docker', ['info', '--format', '{{json .}}']);
  } catch (error) {
    if (!(error instanceof ProgramMissing)) throw error;
    return world(
      'docker is not installed, or not on PATH. How to install Docker Engine: https://docs.docker.com/engine/install/',
    );
  }
  const info = parse(answer.stdout);
  if (!info?.ServerVersion) {
    const reason = info?.ServerErrors?.[0] ?? answer.stderr.trim().split('\n').at(-1) ?? '';
    return world(
      `The Docker engine does not answer. Start it, or set DOCKER_HOST to one that runs. Docker says: ${reason}`,
    );
  }
  const reader = readerFor(info);
  return {
    reader,
    engine: {
      version: info.ServerVersion,
      imageStore: imageStore(info),
      builder: reader.kind === 'classic' ? 'classic' : 'buildkit',
      driver: 'docker',
    },
  };
}

/**
 * When the engine made what is in its build cache, in milliseconds since 1970; null where it does not say. What it imports
 * is left out: that has the time at which it was made elsewhere. Takes 0.3 s, so it is asked while a build goes on.
 */
export async function buildCacheTimes(): Promise<number[] | null> {
  const { exitCode, stdout } = await run('docker', ['builder', 'du', '--verbose']);
  const own = stdout.split(/^(?=ID:)/m).filter((entry) => !/^Description:\s+imported /m.test(entry));
  // `Created at:   2026-11-21 09:24:02.484047793 +0000 UTC`
  const made = own.flatMap((entry) => [...entry.matchAll(/^Created at:\s+(\S+) (\d+:\d+:\d+)\S* ([+-]\d{4})/gm)]);
  return exitCode === 0 ? made.map(([, date, time, zone]) => Date.parse(`${date}T${time}${zone}`)) : null;
}

/**
 * Did the engine have nothing in its build cache when a build began? Then what the build reused came from elsewhere. No
 * builder says of a step whether its result was there or was found in an imported cache, unless layers had to be fetched.
 * @param times when what it had was made
 * @param started when the build began, in milliseconds since 1970
 */
export function wasEmpty(times: readonly number[], started: number): boolean {
  // To the second: what a build makes itself is not older than the second in which it began.
  return times.every((time) => time >= Math.floor(started / 1000) * 1000);
}

function imageStore({ Driver, DriverStatus }: Info): Engine['imageStore'] {
  if (DriverStatus?.some(([, value]) => value.startsWith('io.containerd.snapshotter.'))) return 'containerd';
  return Driver === 'overlay2' ? 'overlay2' : 'other';
}

/** What the docker command itself would take (cmd/docker/builder.go of docker/cli), and whether its steps can be read. */
function readerFor({ ClientInfo }: Info): Reader {
  const buildx = ClientInfo?.Plugins?.find(({ Name, Err }) => Name === 'buildx' && !Err);
  if (!buildx || /^(0|f|false)$/i.test(variable('DOCKER_BUILDKIT'))) return { kind: 'classic' };
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)\./.exec(buildx.Version ?? '')?.map(Number) ?? [0, 1];
  // `--progress=rawjson` came with 0.13: https://github.com/docker/buildx/releases/tag/v0.13.0
  if (major > 0 || minor >= 13) return { kind: 'rawjson' };
  const notice = `buildx ${buildx.Version} cannot report its steps; buildx 0.13 and newer can.`;
  return { kind: 'none', notice };
}

function parse(json: string): Info | null {
  try {
    return JSON.parse(json) as Info;
  } catch {
    return null;
  }
}
