// Running other programs. Arguments are arrays and never pass through a shell.

import { fork, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { hostname, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { getExecOutput } from '@actions/exec';

export interface Completed {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Thrown when a program is not on PATH. */
export class ProgramMissing extends Error {
  readonly program: string;
  constructor(program: string) {
    super(`${program} is not installed, or not on PATH`);
    this.program = program;
  }
}

/**
 * Runs a program to its end and returns what it printed; a non-zero exit code is a result, not an error.
 * For short commands: the output is held in memory.
 * @throws ProgramMissing when the program is not on PATH
 */
export async function run(program: string, args: string[], env: Record<string, string> = {}): Promise<Completed> {
  try {
    return await getExecOutput(program, args, {
      silent: true,
      ignoreReturnCode: true,
      env: environment(env),
    });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Unable to locate executable')) {
      throw new ProgramMissing(program);
    }
    throw error;
  }
}

interface Follow<Piece> {
  env?: Record<string, string>;
  cancel: AbortSignal;
  stdout: (piece: Piece) => void;
  stderr: (piece: Piece) => void;
}

/**
 * Runs a program and hands over its output line by line while it runs; returns its exit code (128 + 15 when it was
 * stopped by a signal). When `cancel` fires, the program gets SIGTERM, which `docker build` answers by cancelling
 * the build. This is not `@actions/exec`, because that cannot stop what it started.
 * @throws ProgramMissing when the program is not on PATH
 */
export function follow(program: string, args: string[], options: Follow<string>): Promise<number> {
  return watch(program, args, options, async (stream, take) => {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) take(line);
  });
}

/** The same for output that may be endless, or have no lines: hands it over in pieces as they come. */
export function followRaw(program: string, args: string[], options: Follow<Buffer>): Promise<number> {
  return watch(program, args, options, async (stream, take) => {
    for await (const chunk of stream) take(chunk as Buffer);
  });
}

async function watch<Piece>(
  program: string,
  args: string[],
  options: Follow<Piece>,
  read: (stream: NodeJS.ReadableStream, take: (piece: Piece) => void) => Promise<void>,
): Promise<number> {
  const child = spawn(program, args, { env: environment(options.env ?? {}), stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGTERM');
  options.cancel.addEventListener('abort', stop);
  if (options.cancel.aborted) stop();
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'ENOENT' ? new ProgramMissing(program) : error);
      });
      child.once('close', (code) => resolve(code ?? 128 + 15));
    });
    const [code] = await Promise.all([ended, read(child.stdout, options.stdout), read(child.stderr, options.stderr)]);
    return code;
  } finally {
    options.cancel.removeEventListener('abort', stop);
  }
}

/**
 * Starts a program of ours (a file beside the bundle) that lives on when this process ends, and after it until the
 * workflow's job does; it yields to what the job does meanwhile. Gives it an order, through memory only, and waits until it
 * says that it needs nothing of the job any more, or ends.
 * @returns its process id
 */
export async function startBehind(file: string, order: object): Promise<number> {
  const child = fork(beside(file), [], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const { pid } = child;
  if (pid !== undefined) setPriority(pid, 10);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('message', () => resolve());
    child.once('exit', () => resolve());
    child.send(order);
  });
  if (child.connected) child.disconnect();
  child.unref();
  return pid ?? 0;
}

/** In such a program: its order, and what it calls when it needs nothing of the job any more. */
export async function receiveOrder(): Promise<{ order: unknown; free: () => void }> {
  const order = await new Promise<unknown>((resolve) => process.once('message', resolve));
  let told = false;
  const free = () => {
    // The job may have been cancelled meanwhile.
    if (!told && process.connected) process.send?.('free');
    told = true;
  };
  return { order, free };
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // That of another user may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Path of a file beside the bundle. */
export function beside(file: string): string {
  return join(dirname(fileURLToPath(import.meta.url)), file);
}

/** A name for this process by which others on this machine can tell whether it still runs: machine and process id. */
export const ownName = { machine: `${hostname()} ${pidNamespace()}`, pid: process.pid };

/** Process ids mean something only within one of these; containers with the same host name have their own. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Operating system and processor of this machine: `linux/x64`. */
export const machine = `${process.platform}/${process.arch}`;

/** A variable of our own environment, or ''. */
export function variable(name: string): string {
  return process.env[name] ?? '';
}

function environment(more: Record<string, string>): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(inherited), ...more };
}
