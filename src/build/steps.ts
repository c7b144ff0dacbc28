// Joins what the builder said (a trace) with what the Dockerfile says (the model) into the report's steps. Pure.

import type { Dockerfile, Instruction, Stage } from '../dockerfile/dockerfile.ts';
import { neededStages, numberedSteps, stageName } from '../dockerfile/stages.ts';
import type { Step, StepStatus } from '../report/report.ts';
import { isCancelled, type StepTrace, seconds } from './trace.ts';

/** An instruction that makes a step, with its stage's name and its number there. */
export interface Place {
  /** The stage that runs it; null above the first one, where only the classic builder makes steps. */
  owner: Stage | null;
  stage: string;
  index: number;
  total: number;
  instruction: Instruction;
}

/** Where the numbers of a builder's steps point to in the Dockerfile. */
export interface Places {
  /** All places that a build of the target may run, in the order of the file. */
  all: Place[];
  /** The place of a step by the number the builder gave it, checked against the keyword; null where they disagree. */
  byNumber(step: StepTrace): Place | null;
}

/** The places of BuildKit's numbering: `[stage 2/6]`. */
export function buildkitPlaces(dockerfile: Dockerfile, target: string): Places {
  const all = neededStages(dockerfile, target || null).flatMap((stage) =>
    numberedSteps(stage).map((step) => ({ owner: stage, stage: stageName(stage), ...step })),
  );
  const byNumber = (step: StepTrace) =>
    all.find(
      ({ stage, index, total, instruction }) =>
        (step.stage === null || step.stage === stage) &&
        step.index === index &&
        step.total === total &&
        step.keyword === instruction.keyword,
    ) ?? null;
  return { all, byNumber };
}

/** The places of the classic builder's numbering: `Step 2/3`, all instructions up to the target's end. */
export function classicPlaces(dockerfile: Dockerfile, target: string): Places {
  const last = dockerfile.stages.findIndex(
    ({ name, index }) => name === target.toLowerCase() || String(index) === target,
  );
  const stages = target === '' || last < 0 ? dockerfile.stages : dockerfile.stages.slice(0, last + 1);
  const stageOf = new Map(
    stages.flatMap((stage) => [stage.from, ...stage.instructions].map((instruction) => [instruction, stage] as const)),
  );
  const global = dockerfile.instructions.slice(0, dockerfile.instructions.indexOf(stages[0]?.from as Instruction));
  const instructions = [...global, ...stageOf.keys()];
  const all = instructions.map((instruction, at) => {
    const owner = stageOf.get(instruction) ?? null;
    const stage = owner ? stageName(owner) : 'stage-0';
    return { owner, stage, index: at + 1, total: instructions.length, instruction };
  });
  const byNumber = (step: StepTrace) => {
    const place = all[step.index - 1];
    return place && place.total === step.total && place.instruction.keyword === step.keyword ? place : null;
  };
  return { all, byNumber };
}

/** A step, and what it was joined from. */
export interface Described {
  step: Step;
  /** Null where it is not known where it stands. */
  place: Place | null;
  /** Null where the builder did not come to it. */
  trace: StepTrace | null;
}

/**
 * The steps of a build, in the order of the Dockerfile.
 * @param lines vertex digest → lines, from the provenance; where it knows a step, it is right and the number is not asked
 * @param failed the provenance of a failed build does not exist: add the steps that the builder did not come to
 */
export function describeSteps(
  traces: StepTrace[],
  places: Places,
  lines: Map<string, number[]>,
  failed: boolean,
): Described[] {
  const found: Found[] = [];
  for (const trace of traces) {
    const starts = lines.get(trace.key);
    const located = places.all.filter(
      ({ instruction: { keyword, range } }) => keyword === trace.keyword && starts?.includes(range.start.line),
    );
    // The same operation at several places (three times FROM the same image) runs once: each is a step with its result.
    for (const place of located) found.push({ place, trace });
    if (located.length === 0 && trace.total > 0) found.push({ place: places.byNumber(trace), trace });
  }
  if (failed) {
    // Backwards, because a step is found through the one behind it: its first input is the step in front of it.
    for (const [at, place] of [...places.all.entries()].reverse()) {
      if (found.some((other) => other.place === place)) continue;
      const next = places.all[at + 1];
      const input = found.find((other) => other.trace && other.place === next)?.trace?.inputs[0];
      const trace =
        next?.stage === place.stage &&
        traces.find(({ key, keyword }) => key === input && keyword === place.instruction.keyword);
      found.push({ place, trace: trace || null });
    }
  }
  joinParts(found);
  const placed = new Set(found.flatMap(({ place, trace }) => (place ? [trace] : [])));
  const order = ({ place }: (typeof found)[number]) => (place ? places.all.indexOf(place) : places.all.length);
  return found
    .filter(({ place, trace }) => place !== null || !placed.has(trace))
    .sort((a, b) => order(a) - order(b))
    .map(({ place, trace }, at, all) => {
      if (trace === null) return { place, trace, step: describe(place, null) };
      // Of a build that went well, the builder passes over what is below a step that it found in a cache.
      if (!failed && trace.error === null && trace.intervals.length === 0) trace.cached = true;
      const named = all.find((other) => other.trace === trace && other.place === places.byNumber(trace));
      // Time is counted once: where the builder's own name for the step points to.
      const timed = named ? named.place === place : all.findIndex((other) => other.trace === trace) === at;
      const step = timed ? describe(place, trace) : { ...describe(place, { ...trace, stage: null }), seconds: 0 };
      return { place, trace, step };
    });
}

interface Found {
  place: Place | null;
  trace: StepTrace | null;
}

/**
 * What an ADD fetches from elsewhere is a vertex of its own, with the name and the line of the one that takes it in: the
 * step is the latter, and the time of both is its time.
 */
function joinParts(found: Found[]): void {
  const adds = found.filter(({ place, trace }) => place && trace?.keyword === 'ADD');
  for (const part of adds) {
    const whole = adds.find(
      ({ place, trace }) => place === part.place && trace?.inputs.includes(part.trace?.key ?? ''),
    );
    if (!whole?.trace || !part.trace) continue;
    const { error, intervals } = part.trace;
    whole.trace = {
      ...whole.trace,
      error: error ?? whole.trace.error,
      intervals: [...intervals, ...whole.trace.intervals],
    };
    found.splice(found.indexOf(part), 1);
  }
}

/**
 * A step as the report names it.
 * @param place where it stands, if that is known
 * @param trace what the builder said of it, if it came to it
 */
export function describe(place: Place | null, trace: StepTrace | null): Step {
  // A step that another build runs at the same time has the name that it has there.
  const own = place !== null && trace?.stage !== place.stage ? place : (trace ?? place);
  const stage = own?.stage ?? 'stage-0';
  const { index, total } = own ?? { index: 0, total: 0 };
  const platform = trace?.platform ? `${trace.platform}/` : '';
  const status = trace ? statusOf(trace) : 'not-run';
  return {
    id: `${platform}${stage}/${index}`,
    stage,
    index,
    total,
    line: place?.instruction.range.start.line ?? null,
    instruction: place?.instruction.keyword ?? trace?.keyword ?? '',
    // The builder's own text shows the values of variables, so without a place only the keyword is told.
    text: place?.instruction.text ?? trace?.keyword ?? '',
    status,
    source: status === 'hit' ? (trace?.fetched ? 'restored' : 'local') : null,
    seconds: trace ? seconds(trace.intervals) : 0,
    cause: null,
    bytesFetched: status === 'hit' ? sum(trace?.layers.values() ?? []) : 0,
    layerBytes: null,
  };
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, one) => all + one, 0);

function statusOf({ cached, error, intervals }: StepTrace): StepStatus {
  if (error !== null) return isCancelled(error) ? 'not-run' : 'failed';
  if (cached) return 'hit';
  return intervals.length > 0 && intervals.every(({ end }) => end !== null) ? 'miss' : 'not-run';
}
