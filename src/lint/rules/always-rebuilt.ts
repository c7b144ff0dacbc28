// A step that is made to change, above costly RUNs: an ARG such as CACHEBUST, or an ADD of a URL that answers with
// something new each time.
//
// Not flagged, on purpose:
// - One costly step below: it is the one that was meant.
// - Variables that say something of the build, such as commits and dates (volatile-variable-before-run).
// - `RUN date` and the like: their text stays the same, and so they come from the cache.
// - ADD of an address that tells where a branch is: it changes when the branch does.
import type { Instruction, Stage } from '../../dockerfile/dockerfile.ts';
import { busterOf } from '../busters.ts';
import { costlyBelow, namedRuns } from '../cost.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { mentions, ownInstructions } from '../steps.ts';

export const alwaysRebuilt: Rule = {
  id: 'always-rebuilt',
  severity: 'warning',
  summary: 'A step is made to change with every build, and steps that take long stand below it.',
  check(input) {
    return input.dockerfile.stages.flatMap((stage) =>
      ownInstructions(stage).flatMap((instruction) => {
        const buster = busterOf(instruction);
        return buster === null ? [] : report(instruction, buster, stage, input);
      }),
    );
  },
};

function report(instruction: Instruction, buster: string, stage: Stage, { dockerfile, job }: LintInput): RuleFinding[] {
  const below = costlyBelow(dockerfile, stage, instruction);
  // Meant are those that mention it, or else the next one.
  const named = below.filter((run) => mentions(run).has(buster));
  const meant = named.length > 0 ? named : below.slice(0, 1);
  const others = below.filter((run) => !meant.includes(run));
  if (others.length === 0) return [];
  const first = meant[0] ?? instruction;
  return [
    {
      range: instruction.range,
      // Where no value is passed, it only changes when somebody edits it.
      confidence: instruction.keyword === 'ADD' || Object.hasOwn(job?.buildArgs ?? {}, buster) ? 'high' : 'medium',
      message: `\`${buster}\` is there to run ${namedRuns(meant)} again, and it also runs everything below: ${namedRuns(others)}.`,
      remedy: `Pin what line ${first.range.start.line} fetches to a commit or version, in an ARG of its own right above it: then it runs when that changes, and only then. Or put steps that do not depend on it above.`,
      related: others.map((run) => ({ range: run.range, message: 'runs again with it' })),
    },
  ];
}
