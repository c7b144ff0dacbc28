// How much of a Dockerfile the rules look at. Several compare each instruction with many others, and a file that was made to
// hang linters has 100,000 of them. A real one has no more than these: an image has at most 127 layers.
import type { Dockerfile } from '../dockerfile/dockerfile.ts';

// The largest of 1,673 in public repositories has 254.
const MOST_INSTRUCTIONS = 1000;
const MOST_TRIGGERS = 127;

/** The file up to the last instruction that is judged; itself where that is all of it. */
export function judgedPart(dockerfile: Dockerfile): Dockerfile {
  const { instructions, comments, stages } = dockerfile;
  const last = instructions[MOST_INSTRUCTIONS - 1];
  if (last === undefined) return dockerfile;
  const kept = new Set(instructions.slice(0, MOST_INSTRUCTIONS));
  return {
    ...dockerfile,
    instructions: [...kept],
    comments: comments.filter(({ range }) => range.start.line < last.range.start.line),
    stages: stages
      .filter(({ from }) => kept.has(from))
      .map((stage) => ({
        ...stage,
        triggers: stage.triggers.slice(0, MOST_TRIGGERS),
        instructions: stage.instructions.filter((instruction) => kept.has(instruction)),
      })),
  };
}
