// The `smoke` command's work: an image, wherever it comes from → what the smoke test says of it.

import { findEngine } from './build/engine.ts';
import type { Inputs, Problem } from './inputs.ts';
import { mapText, printable, redact } from './report/clean.ts';
import type { SmokeReport } from './report/report.ts';
import { containerValues } from './secrets.ts';
import { readWishes } from './smoke/ask.ts';
import { lookAtImage, newContainerName, pull } from './smoke/docker.ts';
import { smokeTest } from './smoke/smoke.ts';

/** Runs the test; an image that is not here is pulled, as `docker run` does. */
export async function smokeImage(
  image: string,
  inputs: Inputs,
  cancel: AbortSignal,
): Promise<{ smoke: SmokeReport } | { problem: Problem }> {
  const { wishes } = readWishes(inputs);
  const [found, here] = await Promise.all([findEngine(), lookAtImage(image)]);
  if ('problem' in found) return found;
  if (here === null) {
    const reason = await pull(image, wishes.platform, cancel);
    const message = `${image} is not in the engine, and docker cannot pull it: ${reason}.`;
    if (reason !== null) return { problem: { kind: 'world', message: message.replace(/\.+$/, '.'), file: null } };
  }
  const test = { image, container: newContainerName(), wishes, platform: '', portsAreOwn: true };
  const smoke = await smokeTest(test, cancel).report;
  return { smoke: mapText(smoke, (text) => printable(redact(text, containerValues(inputs)))) };
}
