// Ends a program that runs well, as `docker stop` would, and tells how it took that.

import { now } from '../host/clock.ts';
import { readText } from '../host/files.ts';
import type { StopReport } from '../report/report.ts';
import { type Container, inspect, stop } from './docker.ts';

/** Seconds that a program has to end. Docker gives ten; a job is not held up for that long. */
const GRACE = 3;

/**
 * Stops the container. One whose program cannot take the signal is not waited for: it is left to be removed.
 */
export async function stopAndTell(name: string, container: Container): Promise<StopReport> {
  const { stopSignal: signal, argv } = container;
  const takes = await takesSignal(container);
  if (takes === false) return { signal, seconds: null, killed: true, notice: ignoredText(signal, argv) };
  const start = now();
  await stop(name, GRACE);
  const seconds = now() - start;
  const killed = seconds >= GRACE && (await inspect(name))?.end.exitCode === 128 + 9;
  if (!killed) return { signal, seconds, killed, notice: null };
  const notice = takes
    ? `It had not ended ${GRACE} s after ${signal} and was killed. docker stop gives it 10 s: what it has not finished by then is lost.`
    : ignoredText(signal, argv);
  return { signal, seconds: null, killed, notice };
}

/**
 * Does the program do anything on this signal? As process 1 of its container, one that has no handler gets none: the
 * kernel protects it. null where that cannot be seen.
 * https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
 */
async function takesSignal({ id, pid, stopSignal }: Container): Promise<boolean | null> {
  const number = NUMBERS[stopSignal.replace(/^SIG/, '')] ?? Number(stopSignal);
  const [cgroup, status] = await Promise.all([readText(`/proc/${pid}/cgroup`), readText(`/proc/${pid}/status`)]);
  if (!cgroup.text?.includes(id) || status.text === null || !(number > 0)) return null;
  if (!/^NSpid:.*\t1$/m.test(status.text)) return null;
  // Who waits for signals, as init programs do, blocks them.
  const masks = ['SigCgt', 'SigBlk'].map(
    (name) => new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status.text)?.[1] ?? '0',
  );
  return masks.some((mask) => ((BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n) === 1n);
}

/** What images name in STOPSIGNAL. */
const NUMBERS: Record<string, number> = { HUP: 1, INT: 2, QUIT: 3, USR1: 10, USR2: 12, TERM: 15, WINCH: 28, PWR: 30 };

/** A shell in front of the program waits for it, and passes nothing on. */
function ignoredText(signal: string, argv: string[]): string {
  const [program = '', option = ''] = argv;
  const shell = /(^|\/)(ba|da|a|z)?sh$/.test(program) && option === '-c';
  const [who, remedy] = shell
    ? [
        'a shell, which does not pass it on',
        'Write the command as a JSON array (exec form), or put exec in front of it.',
      ]
    : [
        `${program}, which has no handler for it`,
        'Let the program handle it (trap in a script), or start the container with --init.',
      ];
  return `${signal} does not end it, so it was killed: process 1 is ${who}. docker stop waits 10 s for such a container. ${remedy}`;
}
