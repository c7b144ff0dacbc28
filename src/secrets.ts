// Which values of the user's must not be shown, and under which names they go.

import { variable } from './host/process.ts';
import type { Inputs } from './inputs.ts';
import type { Hidden } from './report/clean.ts';

/** Values of secrets: they stand in no output at all. */
export function secretValues(inputs: Inputs): Hidden[] {
  const fromEnvironment = inputs['secret-envs'].map(pair).map(({ name, value }) => ({ name, value: variable(value) }));
  return [...inputs.secrets.map(pair), ...fromEnvironment];
}

/** Values of build arguments, which may be secrets as well: they do not stand in the report, unless the Dockerfile shows them. */
export function argumentValues(inputs: Inputs, dockerfile: string): Hidden[] {
  return Object.entries(buildArguments(inputs))
    .map(([name, value]) => ({ name, value }))
    .filter(({ value }) => !dockerfile.includes(value));
}

/** Values that the smoke test gives to a container. Ports and other numbers stay: they are no secrets, and stand everywhere. */
export function containerValues(inputs: Inputs): Hidden[] {
  return inputs['smoke-env']
    .map((item) => (item.includes('=') ? pair(item) : { name: item, value: variable(item) }))
    .filter(({ value }) => !/^\d*$/.test(value));
}

/** Build arguments by name; one without a value has that of the environment, as docker takes it. */
export function buildArguments(inputs: Inputs): Record<string, string> {
  const pairs = inputs['build-args'].map((item) =>
    item.includes('=') ? pair(item) : { name: item, value: variable(item) },
  );
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
}

function pair(item: string): Hidden {
  const at = item.indexOf('=');
  return { name: item.slice(0, at), value: item.slice(at + 1) };
}
