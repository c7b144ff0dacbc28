// What every rule asks of instructions: their commands, the words in them, the stages that begin with them.
import { type ShellCommand, shellCommands } from '../dockerfile/commands.ts';
import type { Dockerfile, Instruction, Keyword, Stage } from '../dockerfile/dockerfile.ts';
import { parentOf } from '../dockerfile/stages.ts';

/**
 * Makes a function of an object remember what it said of it: several rules ask the same of one instruction. The answer is
 * kept in the object, unseen: a WeakMap of 100,000 of them takes the garbage collector seconds.
 */
export function remembering<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const answer = Symbol();
  return (key: K & { [answer]?: { value: V } }) => {
    const known = key[answer];
    if (known !== undefined) return known.value;
    const value = compute(key);
    Object.defineProperty(key, answer, { value: { value } });
    return value;
  };
}

// Of a script that was made to hang linters, the first ones.
const MOST_COMMANDS = 1000;

/** The commands of a RUN; none of any other instruction. */
export const commandsOf = remembering((instruction: Instruction): ShellCommand[] =>
  instruction.keyword === 'RUN' ? shellCommands(instruction).slice(0, MOST_COMMANDS) : [],
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
