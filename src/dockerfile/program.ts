// What a built image runs and promises, as far as the file itself says it. What comes from a base image is not in here.

import type { Dockerfile, Instruction } from './dockerfile.ts';
import { ancestry, targetStage } from './stages.ts';

export interface Program {
  /** Line of the ENTRYPOINT, or of the CMD where there is none; null when the base image brings them. */
  line: number | null;
  /** Does the file itself EXPOSE ports? One that a base image EXPOSEs may mean nothing to what is built on it. */
  exposes: boolean;
}

/** The program of the stage that is built: `target` is a name, an index, or null for the last stage. */
export function programOf(dockerfile: Dockerfile, target: string | null): Program {
  const stage = targetStage(dockerfile, target);
  const all = stage ? ancestry(dockerfile, stage).flatMap((one) => [...one.triggers, ...one.instructions]) : [];
  const last = (keyword: Instruction['keyword']) => all.findLast((instruction) => instruction.keyword === keyword);
  const program = last('ENTRYPOINT') ?? last('CMD');
  return { line: program?.range.start.line ?? null, exposes: last('EXPOSE') !== undefined };
}
