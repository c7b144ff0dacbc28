// The streams of the process, and what they can show.

import type { Display } from '../report/display.ts';

// Who reads our output may stop reading (`| head`): the build goes on, and nothing is said to nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

export function printOut(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printErr(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** All that comes on standard input (UTF-8, wrong bytes replaced). */
export async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** What a stream can show. NO_COLOR and FORCE_COLOR are honoured (https://no-color.org); a workflow's log shows colours. */
export function display(stream: 'stdout' | 'stderr'): Display {
  const target = process[stream];
  const { NO_COLOR, FORCE_COLOR, GITHUB_ACTIONS } = process.env;
  const colour = NO_COLOR ? false : Boolean(FORCE_COLOR) || GITHUB_ACTIONS === 'true' || target.isTTY === true;
  return { colour, width: target.isTTY ? Math.max(60, target.columns) : 110 };
}

/** Ends the process when all output is written: open sockets may hold Node back, and an early exit may cut off a pipe. */
export function exit(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
