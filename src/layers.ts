// Between the layer cache and the build: which cache a job has, and what of its build is exported into it.

import { join } from 'node:path';
import { exportBuild } from './build/build.ts';
import { ActionsStore } from './cache/actions.ts';
import { LayerCache } from './cache/cache.ts';
import { Directory } from './cache/directory.ts';
import { NOTHING, readIndex } from './cache/index-entry.ts';
import { type ExportBuild, exportLayers, type Saving, type StageTarget, ZSTD } from './cache/save.ts';
import { type Scope, scopeOf } from './cache/scope.ts';
import type { Saved, Store } from './cache/store.ts';
import { carryOut } from './cache/upload.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import { neededStages, numberedSteps, stageName } from './dockerfile/stages.ts';
import { fromWorkspace } from './host/actions.ts';
import { offersCache } from './host/actions-cache.ts';
import { readText, remove, temporaryDirectory, withTemporaryDirectory, writeText } from './host/files.ts';
import { machine, variable } from './host/process.ts';
import type { Inputs } from './inputs.ts';
import { messageOf } from './reason.ts';
import { type BuildReport, type CacheReport, type Engine, NO_FIGURES } from './report/report.ts';
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
  return { store: 'none', outcome, reason, ...NO_FIGURES };
}

/**
 * Flags for an image whose layers are compressed fast. The containerd image store compresses each layer that it makes,
 * gzip on one core unless told otherwise: with zstd, a cold build of 370 MB took 0.75 of the time. An image whose name
 * has a registry or an account in it will be pushed: it stays as it is, since not all that pull it may know zstd.
 */
export function imageFlags({ tags, push }: Inputs, { imageStore }: Engine): string[] {
  const stays = !push && tags.length > 0 && tags.every((tag) => !tag.includes('/'));
  return imageStore === 'containerd' && stays ? ['--output', `type=image,${ZSTD}`] : [];
}

/** What it takes to save the layers of a build: data only, for another process may do it. */
export interface SaveOrder {
  saving: Saving;
  inputs: Inputs;
  /** Path of the Dockerfile that was built. */
  file: string;
  /** Text of the Dockerfile whose layers are saved. */
  text: string;
  imageStore: 'containerd' | 'overlay2';
}

/**
 * Ends the job's part in the layer cache; null when there is nothing to save.
 * @param record what to keep of the build, to explain the next one
 * @param smoked what passed the smoke test, or ''
 */
export async function orderSave(
  cache: LayerCache,
  { inputs, file, text }: Pick<SaveOrder, 'inputs' | 'file' | 'text'>,
  built: BuildReport,
  record: string,
  smoked: string,
): Promise<SaveOrder | null> {
  const { steps, outcome, failure, engine } = built;
  const whole = outcome === 'built';
  const failed = steps.find(({ id }) => id === failure?.step)?.line ?? null;
  const kept = whole ? text : linesAbove(text, failed ?? 0);
  const last = parseDockerfile(kept, file, buildArguments(inputs)).dockerfile.stages.at(-1);
  // Of a build that failed, the work above the step that did is kept, so that the next run starts there.
  if (!whole && (!last || numberedSteps(last).length === 0)) {
    await cache.close();
    return null;
  }
  const saving = await cache.handOver(built, whole, record, smoked);
  const imageStore = engine.imageStore === 'containerd' ? 'containerd' : 'overlay2';
  return saving && { saving, inputs: whole ? inputs : { ...inputs, target: '' }, file, text: kept, imageStore };
}

/**
 * Saves layers. Whatever goes wrong is in what it returns.
 * @param solved called when the build context is not needed any more
 */
export async function saveLayers(order: SaveOrder, solved: () => void, cancel: AbortSignal): Promise<Saved> {
  const { saving, inputs, file, text, imageStore } = order;
  const { store: state, whole } = saving;
  const index = readIndex(saving.index).index ?? NOTHING;
  try {
    const store =
      state.kind === 'actions'
        ? ActionsStore.resume(state, index)
        : await Directory.open(state.path, state.scope, true);
    const { dockerfile } = parseDockerfile(text, file, buildArguments(inputs));
    const stages = targetsOf(dockerfile, inputs.target);
    const exported = async (path: string) => {
      const exportFlags: ExportBuild = (flags, after) => exportBuild(inputs, path, flags, cancel, after);
      return exportLayers(saving, store, { imageStore, stages, exportBuild: exportFlags }, solved);
    };
    const upload = await (whole ? exported(file) : withShorter(file, text, exported));
    const uploaded = upload && (await carryOut(upload));
    await store.close(false);
    if (uploaded) return { bytes: uploaded.bytes, sentence: uploadText(uploaded) };
    const what = whole ? 'of this build' : 'above the step that failed';
    return { bytes: store.bytesAdded, sentence: `The layers ${what} were saved.` };
  } catch (error) {
    if (state.kind === 'actions') await remove(state.path);
    return { bytes: 0, sentence: `Nothing was saved: ${messageOf(error)}.` };
  }
}

function linesAbove(text: string, line: number): string {
  const lines = text.split('\n').slice(0, Math.max(0, line - 1));
  return `${lines.join('\n')}\n`;
}

/** Runs `work` with a Dockerfile that is cut off: Docker finds all of it in its cache. */
function withShorter<T>(file: string, text: string, work: (path: string) => Promise<T>): Promise<T> {
  return withTemporaryDirectory(async (directory) => {
    const copy = join(directory, 'Dockerfile');
    await writeText(copy, text);
    // An ignore file of its own goes with it, or the context would be another one.
    const ignore = await readText(`${file}.dockerignore`);
    if (ignore.text !== null) await writeText(`${copy}.dockerignore`, ignore.text);
    return work(copy);
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
