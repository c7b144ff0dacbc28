// The engine that builds, with the `docker` that all peers use: it notes when the image's build has ended.

import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Image } from './images.ts';
import { root } from './images.ts';
import { call, type Environment, inherited } from './process.ts';

/** The name of every image that is measured. */
export const TAG = 'cached-docker-build-bench:measured';

/**
 * A `docker` that runs the real one and then writes down the time, if it was a build of TAG. The engine's own word would
 * be too early: it names an image before it has unpacked it, and before it exports a cache.
 */
const noting = (docker: string, ended: string) => `#!/usr/bin/env bash
'${docker}' "$@"
code=$?
[[ " $* " != *" build "*"${TAG}"* ]] || echo "\${EPOCHREALTIME/,/.}" >'${ended}'
exit "$code"
`;

export class Engine {
  /** With which programs find the noting `docker`. */
  readonly env: Environment;
  #ended: string;

  private constructor(env: Environment, ended: string) {
    this.env = env;
    this.#ended = ended;
  }

  static async prepare(directory: string): Promise<Engine> {
    const env = inherited();
    const docker = (await call('sh', ['-c', 'command -v docker'], { env, cwd: root })).stdout.trim();
    const [bin, ended] = [join(directory, 'bin'), join(directory, 'ended')];
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'docker'), noting(docker, ended));
    await chmod(join(bin, 'docker'), 0o755);
    return new Engine({ ...env, PATH: [bin, env.PATH].join(delimiter) }, ended);
  }

  async docker(...args: string[]): Promise<string> {
    return (await call('docker', args, { env: this.env, cwd: root })).stdout.trim();
  }

  async version(): Promise<string> {
    return this.docker('version', '--format', '{{.Server.Version}}');
  }

  async makeBase({ base }: Image): Promise<void> {
    if (!base) return;
    const there = await this.docker('image', 'ls', '--quiet', base.name);
    if (there) return;
    await call('docker', ['build', '--tag', base.name, '-'], { env: this.env, cwd: root, input: base.dockerfile });
  }

  /** As a new machine has it: the base images and nothing else. What is still to be written to disk is written now. */
  async empty(): Promise<void> {
    await this.docker('image', 'rm', '--force', TAG).catch(() => undefined);
    await this.docker('image', 'prune', '--force');
    await this.docker('builder', 'prune', '--all', '--force');
    await rm(this.#ended, { force: true });
    await call('sync', [], { env: this.env, cwd: root });
  }

  /** When the last build of TAG ended, in milliseconds since 1970. */
  async builtAt(): Promise<number> {
    return Math.floor(Number(await readFile(this.#ended, 'utf8')) * 1000);
  }

  /** Whether the image is what its sources say. */
  async check(image: Image, says: string, lastLine: string): Promise<void> {
    const said = await this.docker('run', '--rm', '--network', 'none', TAG, ...image.check);
    if (!said.includes(says)) throw new Error(`${image.name}: ${image.check.join(' ')} says ${said}, not ${says}`);
    const command = await this.docker('image', 'inspect', '--format', '{{json .Config.Cmd}}', TAG);
    const wanted = JSON.stringify(JSON.parse(lastLine.replace(/^CMD /, '')));
    if (command !== wanted) throw new Error(`${image.name}: the image has CMD ${command}, not ${wanted}`);
  }
}
