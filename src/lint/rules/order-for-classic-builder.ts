// Instructions that only describe the image (LABEL, EXPOSE, CMD, …) above costly RUNs, where the classic builder builds:
// there each of them is a step, and what stands below a changed one runs again. BuildKit does not care.
//
// Not flagged, on purpose:
// - Anything where BuildKit builds, or nothing does.
// - USER, WORKDIR, SHELL, ENV and ARG: what stands below may need them. VOLUME: what stands below may write into it.
import type { Dockerfile, Instruction, Stage } from '../../dockerfile/dockerfile.ts';
import { pairs } from '../../dockerfile/variables.ts';
import { costlyBelow, namedRuns } from '../cost.ts';
import { fix, move } from '../edits.ts';
import type { Fix } from '../finding.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { asLine } from '../paste.ts';
import { describesImage, mentions } from '../steps.ts';
import { list, unique } from '../texts.ts';

export const orderForClassicBuilder: Rule = {
  id: 'order-for-classic-builder',
  severity: 'notice',
  summary: 'An instruction that only describes the image stands above RUNs, which costs with the classic builder.',
  applies: ({ job }) => job?.builder === 'classic',
  check(input) {
    return input.dockerfile.stages.flatMap((stage) => report(stage, input));
  },
};

function report(stage: Stage, { dockerfile }: LintInput): RuleFinding[] {
  const early = stage.instructions.filter(({ keyword }) => describesImage(keyword));
  const [first] = early;
  const below = first ? costlyBelow(dockerfile, stage, first) : [];
  const last = below.filter((run) => stage.instructions.includes(run)).at(-1);
  if (first === undefined || last === undefined) return [];
  const moving = early.filter(({ range }) => range.start.line < last.range.start.line);
  const keywords = list(unique(moving.map(({ keyword }) => keyword)), 'and');
  return [
    {
      range: first.range,
      confidence: moving.some(holdsVariable) ? 'high' : 'medium',
      message: `The classic builder makes a step of ${keywords}: with every change to ${moving.length === 1 ? 'it' : 'one of them'}, ${namedRuns(below)} ${below.length === 1 ? 'runs' : 'run'} again.`,
      remedy: [
        `Move ${moving.length === 1 ? 'it' : 'them'} below line ${last.range.end.line}, or build with BuildKit:`,
        ...moving.map(asLine),
      ].join('\n'),
      related: moving.slice(1).map(({ range }) => ({ range, message: 'the same here' })),
      fix: moved(moving, last, stage, dockerfile),
    },
  ];
}

/** They say the same below, unless what stands between changes the variables or the shell that they are written for. */
function moved(
  moving: readonly Instruction[],
  last: Instruction,
  { instructions }: Stage,
  dockerfile: Dockerfile,
): Fix | undefined {
  const [first] = moving;
  const between = first ? instructions.slice(instructions.indexOf(first), instructions.indexOf(last)) : [];
  const isInTheWay = (other: Instruction): boolean =>
    other.keyword === 'SHELL' ||
    (other.keyword !== 'LABEL' && pairs(other).some(({ name }) => moving.some((one) => mentions(one).has(name))));
  if (between.some(isInTheWay)) return undefined;
  return fix(`Move ${moving.length === 1 ? 'it' : 'them'} below the RUNs.`, move(dockerfile, moving, { below: last }));
}

/** A LABEL with a variable has another value in every build. */
function holdsVariable({ keyword, text }: Instruction): boolean {
  return keyword === 'LABEL' && text.includes('$');
}
