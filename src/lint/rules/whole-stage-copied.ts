// COPY --from=stage of its whole file system, or a mount of it: keyed by every file there.
//
// Not flagged, on purpose:
// - A stage that begins from scratch: it holds what was gathered in it.
// - A stage that is only a name for an image: it does not change with the source. Nor do images.
// - A COPY with nothing costly below it, as to make an image of one layer: only the copy itself is made again.
import { join } from 'node:path/posix';
import type { Dockerfile, Instruction, Range, Stage } from '../../dockerfile/dockerfile.ts';
import { copied, findFlag, mounts } from '../../dockerfile/files.ts';
import { ancestry, stageName, stageNamed } from '../../dockerfile/stages.ts';
import { costlyBelow, costlyCommand, namedRun, namedRuns } from '../cost.ts';
import type { Rule, RuleFinding } from '../lint.ts';
import { ownInstructions } from '../steps.ts';

export const wholeStageCopied: Rule = {
  id: 'whole-stage-copied',
  severity: 'warning',
  summary: 'All files of another stage are copied or mounted, so every change there is a miss here.',
  check({ dockerfile }) {
    return dockerfile.stages.flatMap((stage) =>
      stage.instructions.flatMap((instruction) => [
        ...fromCopy(dockerfile, stage, instruction),
        ...fromMounts(dockerfile, instruction),
      ]),
    );
  },
};

function fromCopy(dockerfile: Dockerfile, stage: Stage, instruction: Instruction): RuleFinding[] {
  const flag = instruction.keyword === 'COPY' ? findFlag(instruction, 'from') : null;
  const source = flag?.value ? gatheredFrom(dockerfile, flag.value) : null;
  const whole = copied(instruction)?.sources.some(({ text }) => isRoot(text)) ?? false;
  const below = source !== null && whole ? costlyBelow(dockerfile, stage, instruction) : [];
  if (source === null || below.length === 0) return [];
  const again = `${namedRuns(below)} ${below.length === 1 ? 'runs' : 'run'} again`;
  return [
    {
      ...about(instruction.range, source, again),
      remedy: `Copy what is needed from there: \`COPY --from=${flag?.value} /path/in/stage /path/here\`. What begins with all of it is better built from it: \`FROM ${flag?.value}\`.`,
    },
  ];
}

function fromMounts(dockerfile: Dockerfile, instruction: Instruction): RuleFinding[] {
  const costly = costlyCommand(instruction) !== null;
  return mounts(instruction).flatMap(({ type, from, source: path, target, range }) => {
    const source = type === 'bind' && from !== null && isRoot(path ?? '/') ? gatheredFrom(dockerfile, from) : null;
    if (source === null || !costly) return [];
    const mount = `--mount=type=bind,from=${from},source=/path/in/stage,target=${target ?? '/path/here'}`;
    return [
      {
        ...about(range, source, `${namedRun(instruction)} runs again`),
        remedy: `Mount what is needed from there: \`${mount}\`.`,
      },
    ];
  });
}

/** The stage of that name or number, if it holds more than what was gathered in it, and may change. */
function gatheredFrom(dockerfile: Dockerfile, name: string): Stage | null {
  const stage = /^\d+$/.test(name) ? dockerfile.stages[Number(name)] : stageNamed(dockerfile, name);
  if (!stage) return null;
  const members = ancestry(dockerfile, stage);
  const makesFiles = members.flatMap(ownInstructions).some(({ keyword }) => ['ADD', 'COPY', 'RUN'].includes(keyword));
  return makesFiles && members[0]?.base.kind === 'image' ? stage : null;
}

function isRoot(path: string): boolean {
  return !path.includes('$') && ['/', '/*'].includes(join('/', path));
}

function about(range: Range, source: Stage, again: string): Omit<RuleFinding, 'remedy'> {
  return {
    range,
    confidence: 'high',
    message: `This takes all files of the stage \`${stageName(source)}\`, caches and logs of its steps included. When any of them changes, ${again}.`,
    related: [{ range: source.from.range, message: 'the stage begins here' }],
  };
}
