// Between the layer cache and the build: which cache a job has, and what of its build is exported into it.

import { join } from 'node:path';
import { exportBuild } from './build/build.ts';
import { LayerCache, type StageTarget } from './cache/cache.ts';
import { scopeName } from './cache/scope.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import { neededStages, numberedSteps, stageName } from './dockerfile/stages.ts';
import { readText, withTemporaryDirectory, writeText } from './host/files.ts';
import type { Inputs } from './inputs.ts';
import type { BuildReport, CacheReport, Engine } from './report/report.ts';
import { buildArguments } from './secrets.ts';

/** Opens the layer cache; where there is none to use, what the report says of that. */
export async function openLayers(inputs: Inputs, file: string, engine: Engine): Promise<LayerCache | CacheReport> {
  const { cache: mode, 'cache-dir': directory, target, platforms } = inputs;
  if (directory === '' || mode === 'off')
    return noCache('off', 'Layers are not kept; hits come from the engine itself.');
  const { imageStore, builder } = engine;
  if (builder === 'classic') return noCache('unusable', 'The classic builder cannot share its layers.');
  if (imageStore !== 'containerd' && imageStore !== 'overlay2') {
    return noCache('unusable', 'The image store of this engine cannot share its layers.');
  }
  const scope = scopeName({ chosen: inputs['cache-scope'], dockerfile: file, target, platforms });
  try {
    return await LayerCache.open({ directory, scope, mode, imageStore });
  } catch (error) {
    return noCache('unusable', `The directory cannot be used: ${error instanceof Error ? error.message : error}.`);
  }
}

function noCache(outcome: 'off' | 'unusable', reason: string): CacheReport {
  const nothing = { bytesFetched: 0, bytesStored: 0, restoreSeconds: 0, saveSeconds: 0, netSeconds: 0 };
  return { store: 'none', outcome, reason, ...nothing };
}

export interface LayerSource {
  inputs: Inputs;
  /** Path and text of the Dockerfile. */
  file: string;
  text: string;
  dockerfile: Dockerfile;
}

/** Saves the layers of a build; of one that failed, those above the step that did, so that the next run starts there. */
export async function saveLayers(
  cache: LayerCache,
  { inputs, file, text, dockerfile }: LayerSource,
  { steps, outcome, failure }: BuildReport,
  cancel: AbortSignal,
): Promise<void> {
  if (outcome === 'built') {
    const targets = targetsOf(dockerfile, inputs.target);
    return cache.save(steps, targets, true, (flags) => exportBuild(inputs, file, flags, cancel));
  }
  const line = steps.find(({ id }) => id === failure?.step)?.line ?? null;
  if (line === null || cancel.aborted) return;
  // The same Dockerfile, cut off above that step: Docker finds all of it in its cache.
  const above = `${text
    .split('\n')
    .slice(0, line - 1)
    .join('\n')}\n`;
  const shorter = parseDockerfile(above, file, buildArguments(inputs)).dockerfile;
  const last = shorter.stages.at(-1);
  if (!last || numberedSteps(last).length === 0) return;
  await withTemporaryDirectory(async (directory) => {
    const copy = join(directory, 'Dockerfile');
    await writeText(copy, above);
    // An ignore file of its own goes with it, or the context would be another one.
    const ignore = await readText(`${file}.dockerignore`);
    if (ignore.text !== null) await writeText(`${copy}.dockerignore`, ignore.text);
    await cache.save(steps, targetsOf(shorter, ''), false, (flags) =>
      exportBuild({ ...inputs, target: '' }, copy, flags, cancel),
    );
  });
}

function targetsOf(dockerfile: Dockerfile, target: string): StageTarget[] {
  const stages = neededStages(dockerfile, target || null);
  const last = stages.at(-1);
  return stages.flatMap((one) => {
    const stage = stageName(one);
    if (one === last) return [{ stage, target: target || null }];
    // Docker builds no other stage that has no name.
    return one.name === null ? [] : [{ stage, target: one.name }];
  });
}
