// Between the layer cache and the build: which cache a job has, and what of its build is exported into it.

import { join } from 'node:path';
import { exportBuild } from './build/build.ts';
import { ActionsStore } from './cache/actions.ts';
import { LayerCache, type StageTarget, ZSTD } from './cache/cache.ts';
import { Directory } from './cache/directory.ts';
import { type Scope, scopeOf } from './cache/scope.ts';
import type { Store, Upload, Uploaded } from './cache/store.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import { neededStages, numberedSteps, stageName } from './dockerfile/stages.ts';
import { fromWorkspace } from './host/actions.ts';
import { offersCache } from './host/actions-cache.ts';
import { readText, temporaryDirectory, withTemporaryDirectory, writeText } from './host/files.ts';
import { machine, variable } from './host/process.ts';
import type { Inputs } from './inputs.ts';
import { messageOf } from './reason.ts';
import type { BuildReport, CacheReport, Engine } from './report/report.ts';
import { uploadText } from './report/text.ts';
import { buildArguments } from './secrets.ts';

/** Opens the layer cache; where there is none to use, what the report says of that. */
export async function openLayers(inputs: Inputs, file: string): Promise<LayerCache | CacheReport> {
  const { cache: mode, 'cache-dir': directory } = inputs;
  if (mode === 'off') return noCache('off', NOT_KEPT);
  const scope = scopeOf({
    chosen: inputs['cache-scope'],
    dockerfile: fromWorkspace(file),
    target: inputs.target,
    platforms: inputs.platforms.length > 0 ? inputs.platforms : [machine],
    variables: [...inputs['build-args'], ...inputs['build-contexts']],
  });
  try {
    const write = mode !== 'read-only';
    const store = directory === '' ? await actionsStore(scope) : await Directory.open(directory, scope, write);
    return store ? await LayerCache.open(store, { mode, commit: variable('GITHUB_SHA') }) : noCache('off', NOT_KEPT);
  } catch (error) {
    return noCache('unusable', `The layer cache cannot be used: ${messageOf(error)}.`);
  }
}

const NOT_KEPT = 'Layers are not kept; hits come from the engine itself.';

async function actionsStore(scope: Scope): Promise<Store | null> {
  return offersCache() ? ActionsStore.open(await temporaryDirectory(), scope) : null;
}

/**
 * The layers that were opened, if the engine can use them; else they are closed, and it is said why not.
 * @param engine null when the job cannot begin
 */
export async function usableLayers(
  opening: Promise<LayerCache | CacheReport>,
  engine: Engine | null,
): Promise<LayerCache | CacheReport> {
  const opened = await opening;
  if (!(opened instanceof LayerCache)) return opened;
  const { imageStore, builder } = engine ?? {};
  if (builder === 'buildkit' && (imageStore === 'containerd' || imageStore === 'overlay2')) return opened;
  await opened.close();
  const what = builder === 'classic' ? 'classic builder' : 'image store of this engine';
  return noCache('unusable', `The ${what} cannot share its layers.`);
}

function noCache(outcome: 'off' | 'unusable', reason: string): CacheReport {
  const nothing = { bytesFetched: 0, bytesStored: 0, restoreSeconds: 0, saveSeconds: 0, netSeconds: 0 };
  return { store: 'none', outcome, reason, ...nothing };
}

/**
 * Flags for an image whose layers are compressed fast. The containerd image store compresses each layer that it makes,
 * gzip on one core unless told otherwise: with zstd, a cold build of 370 MB took 0.75 of the time. An image whose name
 * has a registry or an account in it will be pushed: it stays as it is, since not all that pull it may know zstd.
 */
export function imageFlags({ tags }: Inputs, { imageStore }: Engine): string[] {
  const stays = tags.length > 0 && tags.every((tag) => !tag.includes('/'));
  return imageStore === 'containerd' && stays ? ['--output', `type=image,${ZSTD}`] : [];
}

/** Puts into the report what became of an upload; null while it still goes on. */
export function tellUpload(cache: LayerCache, { entries, index }: Upload, result: Uploaded | null): void {
  const planned = entries.reduce((all, { bytes }) => all + bytes, Buffer.byteLength(index));
  cache.uploaded(
    result?.bytes ?? planned,
    result ? uploadText(result) : 'What is new is being uploaded while the job goes on.',
  );
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
  { steps, outcome, failure, engine }: BuildReport,
  cancel: AbortSignal,
): Promise<Upload | null> {
  const imageStore = engine.imageStore === 'containerd' ? 'containerd' : 'overlay2';
  if (outcome === 'built') {
    return cache.save({
      ...{ steps, imageStore, whole: true, stages: targetsOf(dockerfile, inputs.target) },
      exportBuild: (flags) => exportBuild(inputs, file, flags, cancel),
    });
  }
  const line = steps.find(({ id }) => id === failure?.step)?.line ?? null;
  if (line === null || cancel.aborted) return null;
  // The same Dockerfile, cut off above that step: Docker finds all of it in its cache.
  const above = `${text
    .split('\n')
    .slice(0, line - 1)
    .join('\n')}\n`;
  const shorter = parseDockerfile(above, file, buildArguments(inputs)).dockerfile;
  const last = shorter.stages.at(-1);
  if (!last || numberedSteps(last).length === 0) return null;
  return withTemporaryDirectory(async (directory) => {
    const copy = join(directory, 'Dockerfile');
    await writeText(copy, above);
    // An ignore file of its own goes with it, or the context would be another one.
    const ignore = await readText(`${file}.dockerignore`);
    if (ignore.text !== null) await writeText(`${copy}.dockerignore`, ignore.text);
    return cache.save({
      ...{ steps, imageStore, whole: false, stages: targetsOf(shorter, '') },
      exportBuild: (flags) => exportBuild({ ...inputs, target: '' }, copy, flags, cancel),
    });
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
