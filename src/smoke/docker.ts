// What the smoke test has docker do: look at an image, make a container, look at it, stop it, remove it, and remove what
// dead runs left.

import { randomUUID } from 'node:crypto';
import { wallClock } from '../host/clock.ts';
import { follow, isRunning, machine, ownName, run, variable } from '../host/process.ts';
import type { ImageFacts } from './checks.ts';
import type { End } from './judge.ts';

/** The labels by which containers of ours are known: whose they are, and when nobody can need them any more. */
const OWNER = 'cached-docker-build.smoke';
const EXPIRES = 'cached-docker-build.expires';

/** Seconds past its time after which a container is left over for certain, whoever made it. */
const GRACE = 600;

/**
 * How a program in a container can be spoken to. `direct`: at the container's own address, from the engine's machine;
 * `published`: at a free port of this machine's loopback address, where the engine runs in a virtual machine or in a
 * network of its own; `inside`: not at all, the engine is elsewhere.
 */
export type Reach = 'direct' | 'published' | 'inside';

export interface Engine {
  /** `linux/amd64` */
  platform: string;
  /** Bytes; 0 where it does not say. */
  memory: number;
  reach: Reach;
}

/** The part of `docker info` that is read. */
interface Info {
  OSType?: string;
  Architecture?: string;
  MemTotal?: number;
  OperatingSystem?: string;
  SecurityOptions?: string[] | null;
}

export async function lookAtEngine(): Promise<Engine> {
  const { stdout } = await run('docker', ['info', '--format', '{{json .}}']);
  const info = parse<Info>(stdout) ?? {};
  return {
    platform: `${info.OSType ?? 'linux'}/${architecture(info.Architecture ?? '')}`,
    memory: info.MemTotal ?? 0,
    reach: reachOf(info),
  };
}

function reachOf({ OperatingSystem = '', SecurityOptions }: Info): Reach {
  if (/^(tcp|ssh|https?):/.test(variable('DOCKER_HOST'))) return 'inside';
  const own = /Docker Desktop/.test(OperatingSystem) || SecurityOptions?.some((option) => /rootless/.test(option));
  return machine.startsWith('linux/') && !own ? 'direct' : 'published';
}

/** The kernel's names → those of platforms. */
function architecture(name: string): string {
  return { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm', i686: '386' }[name] ?? name;
}

/** An image, as far as running it goes. */
export interface Image extends ImageFacts {
  platform: string;
  /** All that decides how it runs: file system and configuration. Two builds of the same have the same. */
  content: string;
}

interface Healthcheck {
  Test?: string[];
  StartPeriod?: number;
  Interval?: number;
}

interface ImageConfig {
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  ExposedPorts?: Record<string, unknown> | null;
  Healthcheck?: Healthcheck | null;
}

/** null when the engine does not have it. */
export async function lookAtImage(image: string): Promise<Image | null> {
  const { stdout, exitCode } = await run('docker', ['image', 'inspect', image]);
  const [found] =
    parse<{ Config?: ImageConfig | null; RootFS?: unknown; Os?: string; Architecture?: string }[]>(stdout) ?? [];
  if (exitCode !== 0 || !found) return null;
  const { Config, RootFS, Os = 'linux', Architecture = '' } = found;
  const config = Config ?? {};
  const exposed = Object.keys(config.ExposedPorts ?? {});
  return {
    argv: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    ports: exposed
      .flatMap((port) => /^(\d+)(?:\/tcp)?$/.exec(port)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b),
    otherPorts: exposed.filter((port) => !/^\d+(\/tcp)?$/.test(port)),
    health: healthOf(config.Healthcheck),
    platform: `${Os}/${Architecture}`,
    content: JSON.stringify([Config, RootFS, Os, Architecture]),
  };
}

/** Docker counts nanoseconds; its default is 30 s between tries. */
function healthOf(check: Healthcheck | null | undefined): ImageFacts['health'] {
  if (!check?.Test || check.Test.length === 0 || check.Test[0] === 'NONE') return null;
  const seconds = (nanoseconds: number | undefined) => (nanoseconds ?? 0) / 1e9;
  return { startPeriod: seconds(check.StartPeriod), interval: seconds(check.Interval) || 30 };
}

export interface Order {
  image: string;
  name: string;
  platform: string;
  /** NAME=VALUE, or NAME alone. */
  env: string[];
  /** Of docker run. */
  options: string[];
  /** null: the image's CMD. */
  command: string[] | null;
  /** Seconds for which it may be needed. */
  lifetime: number;
}

/** A name for a container, by which people see whose it is. */
export const newContainerName = (): string => `cached-docker-build-smoke-${randomUUID()}`;

/** Makes a container; returns docker's reason where it cannot be made. */
export async function create(order: Order): Promise<string | null> {
  const labels = {
    [OWNER]: `${ownName.machine} ${ownName.pid}`,
    [EXPIRES]: String(Math.ceil(wallClock() / 1000 + order.lifetime)),
  };
  const { args, env } = environmentOf(order.env);
  const { exitCode, stderr } = await run(
    'docker',
    [
      ...['create', '--name', order.name, '--pull', 'never', '--log-driver', 'none'],
      ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
      ...(order.platform === '' ? [] : ['--platform', order.platform]),
      ...args,
      ...order.options,
      ...['--', order.image, ...(order.command ?? [])],
    ],
    env,
  );
  return exitCode === 0 ? null : sentence(stderr);
}

/** Values travel in docker's environment, so that they stand in no list of processes; but not those that docker itself reads. */
function environmentOf(items: string[]): { args: string[]; env: Record<string, string> } {
  const env: Record<string, string> = {};
  const args = items.flatMap((item) => {
    const at = item.indexOf('=');
    const name = at < 0 ? item : item.slice(0, at);
    if (at < 0 || OF_DOCKER.test(name)) return ['--env', item];
    env[name] = item.slice(at + 1);
    return ['--env', name];
  });
  return { args, env };
}

const OF_DOCKER = /^(PATH|HOME|USER|TMPDIR|SSH_.*|DOCKER_.*|BUILDKIT_.*|BUILDX_.*|OTEL_.*|LD_.*|.*_proxy|GO[A-Z]*)$/i;

/** A container as docker shows it. */
export interface Container {
  /** Its whole id. */
  id: string;
  running: boolean;
  /** Process id of its program on the engine's machine; 0 when it does not run. */
  pid: number;
  /** When it started, in milliseconds since 1970. */
  startedAt: number;
  end: End;
  argv: string[];
  stopSignal: string;
  /** Addresses at which the engine's machine reaches it. */
  addresses: string[];
  /** Does it use the engine's own network? */
  hostNetwork: boolean;
  /** Port in the container → port of the loopback address. */
  published: Map<number, number>;
  healthy: boolean;
  /** What the last tries of its HEALTHCHECK said, oldest first. */
  health: { exitCode: number; output: string }[];
}

interface Network {
  IPAddress?: string;
  GlobalIPv6Address?: string;
}

interface Inspected {
  Id: string;
  Path: string;
  Args: string[];
  RestartCount?: number;
  Config: { StopSignal?: string };
  HostConfig: { NetworkMode?: string };
  State: {
    Running: boolean;
    Pid: number;
    ExitCode: number;
    OOMKilled: boolean;
    Error: string;
    StartedAt: string;
    FinishedAt: string;
    Health?: { Status: string; Log?: { ExitCode: number; Output: string }[] | null };
  };
  NetworkSettings: {
    Networks?: Record<string, Network> | null;
    Ports?: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
  };
}

/** Has docker fetch an image; returns its reason where it cannot. */
export async function pull(image: string, platform: string, cancel: AbortSignal): Promise<string | null> {
  let said = '';
  const exitCode = await follow(
    'docker',
    ['pull', '--quiet', ...(platform === '' ? [] : ['--platform', platform]), '--', image],
    {
      cancel,
      stdout: () => {},
      stderr: (line) => {
        said ||= line;
      },
    },
  );
  return exitCode === 0 ? null : sentence(said);
}

/** null when there is none of that name. */
export async function inspect(name: string): Promise<Container | null> {
  const { stdout, exitCode } = await run('docker', ['container', 'inspect', name]);
  const [found] = parse<Inspected[]>(stdout) ?? [];
  if (exitCode !== 0 || !found) return null;
  const { State, NetworkSettings, Config, HostConfig } = found;
  const startedAt = Date.parse(State.StartedAt);
  const lasted = (Date.parse(State.FinishedAt) - startedAt) / 1000;
  const networks = Object.values(NetworkSettings.Networks ?? {});
  return {
    id: found.Id,
    running: State.Running,
    pid: State.Pid,
    startedAt,
    end: {
      exitCode: State.ExitCode,
      oomKilled: State.OOMKilled,
      restarts: found.RestartCount ?? 0,
      error: State.Error ? sentence(State.Error) : '',
      seconds: Math.max(0, lasted),
    },
    argv: [found.Path, ...found.Args].filter((word, at) => at > 0 || word !== ''),
    stopSignal: Config.StopSignal || 'SIGTERM',
    addresses: networks
      .flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address])
      .flatMap((one) => one || []),
    hostNetwork: HostConfig.NetworkMode === 'host',
    published: new Map(
      Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, at]) => {
        const own = at?.find(({ HostIp }) => HostIp === '127.0.0.1');
        return own ? [[Number.parseInt(port, 10), Number(own.HostPort)] as const] : [];
      }),
    ),
    healthy: State.Health?.Status === 'healthy',
    health: (State.Health?.Log ?? []).map(({ ExitCode, Output }) => ({ exitCode: ExitCode, output: Output.trim() })),
  };
}

/** Sends the image's stop signal, waits for the end, and kills what does not end. */
export async function stop(name: string, grace: number): Promise<void> {
  await run('docker', ['stop', '-t', String(grace), name]);
}

/** Removes a container, which may run, and its anonymous volumes; one that is not there is no error. */
export async function removeContainer(name: string): Promise<void> {
  await run('docker', ['rm', '--force', '--volumes', name]);
}

/** Prints a file that only the container sees, with a program of its own; '' where it has none for that. */
export async function readInside(name: string, paths: string[]): Promise<string> {
  return (await run('docker', ['exec', name, 'cat', ...paths])).stdout;
}

/**
 * Removes containers of runs that are dead: their process is gone, or, where that is another machine's business, their
 * time is long over. Those of jobs that go on at the same time stay.
 */
export async function removeLeftovers(): Promise<void> {
  const format = `{{.ID}}\t{{.Label "${OWNER}"}}\t{{.Label "${EXPIRES}"}}`;
  const { stdout } = await run('docker', ['ps', '--all', '--filter', `label=${OWNER}`, '--format', format]);
  const left = stdout
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([id, owner = '', expires]) => id && isDead(owner, Number(expires)))
    .map(([id = '']) => id);
  await Promise.all(left.map(removeContainer));
}

function isDead(owner: string, expires: number): boolean {
  const here = owner.startsWith(`${ownName.machine} `);
  if (here) return !isRunning(Number(owner.slice(ownName.machine.length + 1)));
  return wallClock() / 1000 > expires + GRACE;
}

/** Docker's own sentence, without its prefixes and hints. */
function sentence(text: string): string {
  const line =
    text.split('\n').find((candidate) => candidate.trim() !== '' && !candidate.startsWith('WARNING')) ??
    'no reason given';
  return line
    .replace(/^docker: /, '')
    .replace(/^Error response from daemon: /, '')
    .replace(/^(failed to create task for container: )?failed to create shim task: /, '')
    .replace(/^OCI runtime create failed: (runc create failed: )?/, '')
    .replace(/^unable to start container process: (error during container init: )?/, '')
    .trim();
}

function parse<T>(json: string): T | null {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
