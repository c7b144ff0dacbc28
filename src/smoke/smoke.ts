// Runs the built image by its own ENTRYPOINT and CMD, watches it, and removes it again, however it ends.

import { sleep } from '../host/clock.ts';
import { follow, run } from '../host/process.ts';
import type { SmokeReport } from '../report/report.ts';
import { type ContainerState, judge } from './judge.ts';

/** Lines of the container's output that are kept for the report. */
const LOG_LINES = 20;

export interface SmokeTest {
  /** Name or id of the image. */
  image: string;
  /** Name for the container; the caller keeps it, so that a later process can remove what a killed one left. */
  container: string;
  /** Seconds that a program which keeps running must survive. */
  settle: number;
  /** `--platform` of the image, or ''. */
  platform: string;
}

export function skipped(evidence: string): SmokeReport {
  return { outcome: 'skipped', check: null, readySeconds: null, exitCode: null, evidence, log: [] };
}

/** Runs the test. A failure is a result; nothing is thrown but ProgramMissing. */
export async function smokeTest(test: SmokeTest, cancel: AbortSignal): Promise<SmokeReport> {
  const platform = test.platform ? ['--platform', test.platform] : [];
  try {
    const started = await run('docker', ['run', '--detach', '--name', test.container, ...platform, '--', test.image]);
    // A builder that is not the engine's own keeps its images to itself: then there is nothing to judge.
    if (started.stderr.includes('No such image')) return skipped('The image is not in the engine, so it was not run.');
    // An image that only carries files is a fine image.
    if (started.stderr.includes('no command specified'))
      return skipped('The image has no CMD: there is nothing to run.');
    const settled = new AbortController();
    if (started.exitCode === 0) {
      const waiting = follow('docker', ['wait', test.container], {
        cancel: AbortSignal.any([settled.signal, cancel]),
        stdout: () => {},
        stderr: () => {},
      });
      await Promise.race([waiting, sleep(test.settle, AbortSignal.any([settled.signal, cancel]))]);
      settled.abort();
      await waiting;
    }
    if (cancel.aborted) return skipped('The job was cancelled while the image ran.');
    const [inspected, logs] = await Promise.all([
      run('docker', ['container', 'inspect', test.container]),
      run('docker', ['logs', '--tail', String(LOG_LINES), test.container]),
    ]);
    if (inspected.exitCode !== 0) {
      const evidence = `The image did not start: ${firstLine(started.stderr || inspected.stderr)}`;
      return { outcome: 'failed', check: 'exit', readySeconds: null, exitCode: null, evidence, log: [] };
    }
    const { state, command } = readContainer(inspected.stdout);
    const log = `${logs.stdout}${logs.stderr}`.split('\n').filter((line) => line !== '');
    return { ...judge(state, command, test.settle), log: log.slice(-LOG_LINES) };
  } finally {
    await removeContainer(test.container);
  }
}

/** Removes a container and its anonymous volumes; one that is not there is no error. */
export async function removeContainer(name: string): Promise<void> {
  await run('docker', ['rm', '--force', '--volumes', name]);
}

function readContainer(json: string): { state: ContainerState; command: string } {
  const [container] = JSON.parse(json);
  const { Status, ExitCode, OOMKilled, Error: error, StartedAt, FinishedAt } = container.State;
  const start = Date.parse(StartedAt);
  const end = Status === 'running' ? Date.now() : Date.parse(FinishedAt);
  const command = [container.Path, ...container.Args].join(' ');
  return {
    state: {
      status: Status,
      exitCode: ExitCode,
      oomKilled: OOMKilled,
      error: error ? firstLine(error) : '',
      seconds: Math.max(0, (end - start) / 1000),
    },
    command: command.length > 80 ? `${command.slice(0, 79)}…` : command,
  };
}

/** Docker's own sentence, without its prefixes and hints. */
function firstLine(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? 'no reason given';
  return line
    .replace(/^docker: /, '')
    .replace(/^Error response from daemon: /, '')
    .trim();
}
