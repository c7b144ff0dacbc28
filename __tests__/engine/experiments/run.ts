// Runs a table of experiments on a real engine of each image store: build, change one thing, build. What must come out
// stands in the table, written before it ran; whether a step is a hit, the engine says.

import { afterAll, describe, expect, test } from '@jest/globals';
import type { Report } from '../../../src/report/report.ts';
import { build, directory, docker, emptyEngine, engine, STORES } from '../../support/engine.ts';
import { apply, type Experiment } from './experiment.ts';
import { kinds, sumsUp, told } from './told.ts';

/** Where the images of experiments are. */
const REPOSITORY = 'cached-docker-build-experiment';

/** Declares a test for each experiment. A table is a file: the more builds an engine has seen, the longer each takes. */
export function testExperiments(experiments: readonly Experiment[]): void {
  describe.each(STORES)('%s image store', (store) => {
    const env = engine(store);
    afterAll(async () => {
      const tags = await docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', `${REPOSITORY}:*-*`], env);
      if (tags !== '') await docker(['image', 'rm', '--force', ...tags.split('\n')], env);
      await emptyEngine(`${REPOSITORY}:none`, env);
    }, 600_000);
    const possible = experiments.filter(({ only = store }) => only === store);
    // All of them on one store, every second on the other: what decides is the same, and each takes two builds.
    const own = possible.filter(({ only }, at) => store === 'containerd' || only === store || at % 2 === 0);
    test.concurrent.each(own)('$name', async (experiment) => {
      const { first, second, fill } = await run(experiment, env);
      const misses = JSON.parse(fill(JSON.stringify(experiment.misses)));
      expect(kinds(first)).toEqual(new Set(['first-build']));
      expect(told(second, misses)).toEqual(misses);
      sumsUp(second);
    });
  });
}

/** Builds, changes, builds. */
async function run(
  { files, flags = [], images = {}, change }: Experiment,
  env: Record<string, string>,
): Promise<{ first: Report; second: Report; fill: (text: string) => string }> {
  const salt = Math.random().toString(36).slice(2);
  const context = directory({ salt });
  const cache = directory({});
  const fill = (text: string) =>
    text
      .replaceAll('SALT', salt)
      .replaceAll('CONTEXT', context)
      .replace(/\b(BASE|OTHER)\b/g, (word) => `${REPOSITORY}:${word.toLowerCase()}-${salt}`);
  const job = async (given: string[]) => {
    const args = [context, '--cache-dir', cache, '--smoke-test', 'off', '--lint', 'off', ...given.map(fill)];
    return (await build(args, env)).report;
  };
  await make(images);
  apply(context, files, fill);
  const first = await job(flags);
  await make(change.images ?? {});
  apply(context, change.files ?? {}, fill);
  const second = await job([...(change.flags ?? flags), '--cache', 'read-only']);
  return { first, second, fill };

  async function make(wanted: Record<string, string>) {
    for (const [image, dockerfile] of Object.entries(wanted)) {
      const from = directory({ Dockerfile: fill(dockerfile) });
      await docker(['build', '--quiet', '--tag', fill(image), from], env);
    }
  }
}
