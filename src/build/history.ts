// What each step added to the image: the sizes of its layers, which only the image's history knows on both image stores.

import type { Dockerfile, Instruction } from '../dockerfile/dockerfile.ts';
import { ancestry, targetStage } from '../dockerfile/stages.ts';
import { run } from '../host/process.ts';
import type { Built } from './build.ts';

/**
 * A build with the sizes of the layers in its image. What is not part of that (the steps of other stages), or not known
 * (an image of several platforms, one that the engine does not hold), keeps null.
 * @param target the stage that was built, or ''
 */
export async function withLayerSizes(built: Built, dockerfile: Dockerfile, target: string): Promise<Built> {
  const { report, described } = built;
  const platforms = new Set(described.flatMap(({ trace }) => trace?.platform ?? []));
  if (report.outcome === 'failed' || report.imageId === null || platforms.size > 1) return built;
  const asked = ['history', '--no-trunc', '--human=false', '--format', '{{json .}}', report.imageId];
  const { exitCode, stdout } = await run('docker', asked);
  const sizes = exitCode === 0 ? layerSizes(stdout, dockerfile, target) : new Map<Instruction, number>();
  const sized = described.map((one) => {
    const { place, step } = one;
    const layerBytes = (place?.owner && sizes.get(place.instruction)) ?? null;
    return { ...one, step: { ...step, layerBytes } };
  });
  return { ...built, described: sized, report: { ...report, steps: sized.map(({ step }) => step) } };
}

/**
 * The bytes of files that instructions added to the image, by what `docker history` prints in JSON, newest first: an entry
 * for each instruction, also for those without a layer (commitToHistory in BuildKit's dockerfile2llb/convert.go), and
 * below them those of the base image.
 * @returns nothing from the first entry on that is not the instruction's
 */
export function layerSizes(history: string, dockerfile: Dockerfile, target: string): Map<Instruction, number> {
  const sizes = new Map<Instruction, number>();
  const last = targetStage(dockerfile, target || null);
  if (!last) return sizes;
  const instructions = ancestry(dockerfile, last).flatMap((stage) => [...stage.triggers, ...stage.instructions]);
  const entries = history.split('\n').filter((line) => line !== '');
  for (const instruction of instructions.reverse()) {
    const { keyword, bytes } = entryOf(entries.shift() ?? '');
    if (keyword !== instruction.keyword || bytes === null) break;
    // A stage that several are FROM runs its triggers in each: one instruction with several layers.
    sizes.set(instruction, (sizes.get(instruction) ?? 0) + bytes);
  }
  return sizes;
}

/** BuildKit writes `COPY a b # buildkit`; the classic builder `/bin/sh -c #(nop) COPY …`, and for a RUN its command. */
function entryOf(line: string): { keyword: string; bytes: number | null } {
  try {
    const { CreatedBy, Size } = JSON.parse(line);
    const [, named, run, classic] = /^([A-Z]+) |^(\S.*? -c )(?:#\(nop\) +([A-Z]+) )?/.exec(String(CreatedBy)) ?? [];
    const bytes = /^\d+$/.test(String(Size)) ? Number(Size) : null;
    return { keyword: named ?? classic ?? (run ? 'RUN' : ''), bytes };
  } catch {
    return { keyword: '', bytes: null };
  }
}
