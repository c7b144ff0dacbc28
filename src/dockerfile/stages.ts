// The graph of stages and the numbers of their steps, as BuildKit's dockerfile2llb/convert.go makes them.
import type { Dockerfile, Instruction, Stage } from './dockerfile.ts';
import { flagValue, mounts } from './files.ts';

/** A step as BuildKit counts it: `[name index/total]`. */
export interface NumberedStep {
  index: number;
  total: number;
  instruction: Instruction;
}

/** The stage and the stages it is built from (FROM stage), the first of them first. */
export function ancestry(dockerfile: Dockerfile, stage: Stage): Stage[] {
  const members: Stage[] = [];
  for (let member: Stage | undefined = stage; member !== undefined; member = parentOf(dockerfile, member)) {
    members.push(member);
  }
  return members.reverse();
}

/** The stage that FROM names, if it is one of this file. */
export function parentOf({ stages }: Pick<Dockerfile, 'stages'>, { base }: Pick<Stage, 'base'>): Stage | undefined {
  return base.kind === 'stage' ? stages[base.stage] : undefined;
}

/** What a stage is called: its name, or `stage-2` for the third where it has none, as BuildKit prints it. */
export function stageName({ name, index }: Pick<Stage, 'name' | 'index'>): string {
  return name ?? `stage-${index}`;
}

/** The stage of that name, whatever its case; of several, the last, as BuildKit finds it for COPY --from and --target. */
export function stageNamed(dockerfile: Dockerfile, name: string): Stage | null {
  const lower = name.toLowerCase();
  return dockerfile.stages.findLast((stage) => stage.name === lower) ?? null;
}

/**
 * The stages of this file out of which the instruction takes files: COPY --from by name or index, RUN --mount=from by
 * name only. Images and the build context are not stages; nor is a `from` with variables, which BuildKit rejects.
 */
export function sourceStages(dockerfile: Dockerfile, instruction: Instruction): Stage[] {
  const names = mounts(instruction).map(({ from }) => from ?? 'scratch');
  const from = instruction.keyword === 'COPY' ? flagValue(instruction, 'from') : null;
  if (from && /^[+-]?\d+$/.test(from)) return dockerfile.stages.slice(Number(from)).slice(0, 1);
  if (from) names.push(from);
  return names.flatMap((name) => stageNamed(dockerfile, name) ?? []);
}

/**
 * The stages that a build of the target runs, in the order of the file: those reached through FROM, COPY --from and
 * RUN --mount=from. The target is a name, an index, or null for the last stage. Empty if there is no such stage.
 */
export function neededStages(dockerfile: Dockerfile, target: string | null): Stage[] {
  const { stages } = dockerfile;
  const first = targetStage(dockerfile, target);
  if (!first) return [];
  const needed = new Set([first]);
  // A set yields what is added while it is walked.
  for (const stage of needed) {
    const parent = parentOf(dockerfile, stage);
    if (parent !== undefined) needed.add(parent);
    for (const instruction of [...stage.triggers, ...stage.instructions]) {
      for (const source of sourceStages(dockerfile, instruction)) needed.add(source);
    }
  }
  return stages.filter((stage) => needed.has(stage));
}

/** The stage that is built: a name, an index, or null for the last one. */
export function targetStage(dockerfile: Dockerfile, target: string | null): Stage | undefined {
  if (target === null) return dockerfile.stages.at(-1);
  return stageNamed(dockerfile, target) ?? stageAt(dockerfile, target);
}

function stageAt(dockerfile: Dockerfile, index: string): Stage | undefined {
  return /^\d+$/.test(index) ? dockerfile.stages[Number(index)] : undefined;
}

const STEPS: ReadonlySet<string> = new Set(['ADD', 'COPY', 'RUN', 'WORKDIR']);

/**
 * The steps of a stage under the numbers BuildKit prints. FROM is the first one where the base is an image. Two quirks
 * of BuildKit are kept: every trigger of the parent stage raises the total, even one that makes no step; and
 * `WORKDIR /` raises it but takes no index, because it makes no directory.
 *
 * Steps that are the same in two stages (the same image behind FROM, and what follows alike) are one vertex for
 * BuildKit, and it prints it under one of the names only: a step that is missing there has not been forgotten.
 */
export function numberedSteps(stage: Stage): NumberedStep[] {
  const counted = stage.instructions.filter(({ keyword }) => STEPS.has(keyword)).length;
  const total = counted + stage.triggers.length + (stage.base.kind === 'image' ? 1 : 0);
  return [...(stage.base.kind === 'image' ? [stage.from] : []), ...stage.triggers, ...stage.instructions]
    .filter(
      (step) => step === stage.from || (STEPS.has(step.keyword) && !(step.keyword === 'WORKDIR' && step.rest === '/')),
    )
    .map((instruction, at) => ({ index: at + 1, total, instruction }));
}
