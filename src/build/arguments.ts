// Inputs → the arguments of `docker build`. Pure.

import { INPUTS, type Inputs } from '../inputs.ts';

export interface DockerCall {
  args: string[];
  /** Added to the environment of the docker command. */
  env: Record<string, string>;
}

/**
 * The arguments for `docker` (beginning with `build`) and its environment. Values of secrets travel in the environment
 * (`--secret id=…,env=…`), so that they stand in no argument list and in no file.
 * @param own further flags of ours, such as `--progress`
 */
export function dockerBuild(inputs: Inputs, dockerfile: string, own: string[]): DockerCall {
  const args = ['build', ...own, '--file', dockerfile];
  for (const [name, spec] of Object.entries(INPUTS)) {
    if (!('docker' in spec)) continue;
    const value = inputs[name as keyof Inputs];
    if (value === true) args.push(spec.docker);
    else if (name === 'platforms' && inputs.platforms.length > 0) args.push(spec.docker, inputs.platforms.join(','));
    else for (const item of Array.isArray(value) ? value : [value]) if (item) args.push(spec.docker, String(item));
  }
  const env: Record<string, string> = {};
  const secret = (id: string, source: string) => args.push('--secret', `id=${id},${field(source)}`);
  inputs.secrets.forEach((item, index) => {
    const variable = `CACHED_DOCKER_BUILD_SECRET_${index}`;
    env[variable] = item.slice(item.indexOf('=') + 1);
    secret(idOf(item), `env=${variable}`);
  });
  for (const item of inputs['secret-envs']) secret(idOf(item), `env=${item.slice(item.indexOf('=') + 1)}`);
  for (const item of inputs['secret-files']) secret(idOf(item), `src=${item.slice(item.indexOf('=') + 1)}`);
  args.push('--', inputs.context);
  return { args, env };
}

const idOf = (item: string): string => item.slice(0, item.indexOf('='));

/** A field of the comma-separated form that docker reads. */
const field = (text: string): string => (/[,"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
