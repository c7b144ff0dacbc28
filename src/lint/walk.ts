// The instructions of a file with what they bring, mount and run, and where they work: computed once for all rules.
import type { ShellCommand } from '../dockerfile/commands.ts';
import type { Dockerfile, Instruction, Stage } from '../dockerfile/dockerfile.ts';
import { ancestry, parentOf } from '../dockerfile/stages.ts';
import type { Scope } from '../dockerfile/variables.ts';
import { type Placed, places } from '../dockerfile/workdir.ts';
import { mountedSources, type Source, sourcesOf } from './sources.ts';
import { commandsOf, remembering } from './steps.ts';

/** An instruction in its stage: what it brings, mounts and runs. */
export interface Step {
  stage: Stage;
  instruction: Instruction;
  sources: Source[];
  mounted: Source[];
  commands: ShellCommand[];
  /** As Placed.workdir tells it. */
  workdir: string | null;
  /** The variables that a RUN sees, where it changes owners or modes of places that they name; else null. */
  scope: Scope | null;
}

// More than a Dockerfile names; of a file that was made to hang linters, the others count as unknown.
const MOST_SOURCES = 1000;

/** The steps of each stage, what the parent left behind ONBUILD included. */
export const stepsOf = remembering((dockerfile: Dockerfile): ReadonlyMap<Stage, readonly Step[]> => {
  let sources = 0;
  const steps = new Map<Stage, Step[]>();
  // A walk to the last of a line of stages passes all the others, so that the last come first.
  for (const stage of dockerfile.stages.toReversed()) {
    if (steps.has(stage)) continue;
    const missing = new Set(ancestry(dockerfile, stage).filter((member) => !steps.has(member)));
    for (const member of missing) steps.set(member, []);
    for (const placed of places(dockerfile, stage)) {
      if (!missing.has(placed.stage)) continue;
      const step = stepOf(placed, dockerfile.escape);
      sources += step.sources.length + step.mounted.length;
      steps.get(placed.stage)?.push(sources > MOST_SOURCES ? { ...step, sources: [], mounted: [] } : step);
    }
  }
  // In the order of the file.
  return new Map(dockerfile.stages.map((stage) => [stage, steps.get(stage) ?? []]));
});

function stepOf(placed: Placed, escapeToken: string): Step {
  const { stage, instruction, workdir, scope } = placed;
  const asks = instruction.keyword === 'RUN' && /\bch(own|mod)\b.*\$/s.test(instruction.text);
  return {
    stage,
    instruction,
    sources: sourcesOf(placed, escapeToken),
    mounted: mountedSources(placed, escapeToken),
    commands: commandsOf(instruction),
    workdir,
    // The scope is alive: what is asked of it later needs a copy.
    scope: asks ? { values: new Map(scope.values), closed: scope.closed } : null,
  };
}

/** The steps that lead to the stage, of those that it is built from: at most the last `most`, in order. */
export function inheritedSteps(dockerfile: Dockerfile, stage: Stage, most: number): Step[] {
  const parts: (readonly Step[])[] = [];
  let missing = most;
  for (
    let member = parentOf(dockerfile, stage);
    member !== undefined && missing > 0;
    member = parentOf(dockerfile, member)
  ) {
    const own = (stepsOf(dockerfile).get(member) ?? []).slice(-missing);
    missing -= own.length;
    parts.push(own);
  }
  return parts.reverse().flat();
}
