// What every rule asks of instructions: their commands, the words in them, the stages that begin with them.
import { type ShellCommand, shellCommands } from '../dockerfile/commands.ts';
import type { Dockerfile, Instruction, Keyword, Stage } from '../dockerfile/dockerfile.ts';
import { parentOf } from '../dockerfile/stages.ts';

/** Makes a function of an object remember what it said of it: several rules ask the same of one instruction. */
export function remembering<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { value: V }>();
  return (key) => {
    const entry = known.get(key) ?? { value: compute(key) };
    known.set(key, entry);
    return entry.value;
  };
}

/** The commands of a RUN; none of any other instruction. */
export const commandsOf = remembering((instruction: Instruction): ShellCommand[] =>
  instruction.keyword === 'RUN' ? shellCommands(instruction) : [],
);

/** All names in the text of an instruction, heredocs included: `$A`, `${A:-x}`, `%A%` and `process.env.A` all mention A. */
export const mentions = remembering(
  ({ text, heredocs }: Instruction): ReadonlySet<string> =>
    new Set([text, ...heredocs.map(({ content }) => content)].flatMap((part) => part.match(/\w+/g) ?? [])),
);

const DESCRIBES: ReadonlySet<Keyword> = new Set([
  'CMD',
  'ENTRYPOINT',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'STOPSIGNAL',
]);

/** Whether such an instruction only says something of the image: it makes no file, and no step uses it. */
export function describesImage(keyword: Keyword): boolean {
  return DESCRIBES.has(keyword);
}

/** What BuildKit runs in a stage: what the parent left behind ONBUILD, then its own instructions. */
export function ownInstructions({ triggers, instructions }: Stage): Instruction[] {
  return [...triggers, ...instructions];
}

/** The stages that are built from each stage (FROM stage). */
export const childStages = remembering((dockerfile: Dockerfile): ReadonlyMap<Stage, Stage[]> => {
  const children = new Map<Stage, Stage[]>(dockerfile.stages.map((stage) => [stage, []]));
  for (const stage of dockerfile.stages) {
    const parent = parentOf(dockerfile, stage);
    if (parent !== undefined) children.get(parent)?.push(stage);
  }
  return children;
});
