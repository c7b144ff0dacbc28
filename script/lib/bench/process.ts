// Runs programs.

import { spawn } from 'node:child_process';

export type Environment = Record<string, string>;

export interface Ended {
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end.
 * @throws Error with the end of what it printed, when its exit code is not 0
 */
export async function call(
  program: string,
  args: string[],
  { env, cwd, input = '' }: { env: Environment; cwd: string; input?: string },
): Promise<Ended> {
  const child = spawn(program, args, { env, cwd });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.stderr += text;
  });
  // One that does not read its input may have ended already.
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return said;
  const end = `${said.stdout}\n${said.stderr}`.trim().split('\n').slice(-30).join('\n');
  throw new Error(`${program} ${args[0]} ended with exit code ${code}:\n${end}`);
}

/** The variables of this process, as they are. */
export const inherited = (): Environment =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
