// Which step of a build is which of an earlier one: steps are inserted, removed, moved and edited, stages renamed. Pure.

import type { StepRecord } from './record.ts';

/** A step of the earlier build that a step corresponds to. */
export interface Match {
  old: StepRecord;
  /** It stands elsewhere among the others than it did. */
  moved: boolean;
}

/** For the steps of a build, by their ids: what they were in the earlier one. Those that are new are left out. */
export function matchSteps(old: readonly StepRecord[], now: readonly StepRecord[]): Map<string, Match> {
  const matches = new Map<string, Match>();
  const before = byPlatform(old);
  for (const [platform, steps] of byPlatform(now)) {
    // A build for one platform is the same as one in which that is not named.
    const only = before.size === 1 ? [...before.values()][0] : undefined;
    const others = before.get(platform) ?? only ?? [];
    for (const [stage, was] of matchStages(stagesOf(others), stagesOf(steps))) matchWithin(was, stage, matches);
  }
  return matches;
}

function byPlatform(steps: readonly StepRecord[]): Map<string | null, StepRecord[]> {
  return groups(steps, ({ platform }) => platform);
}

interface StageSteps {
  name: string;
  steps: StepRecord[];
  contents: ReadonlySet<string>;
}

function stagesOf(steps: readonly StepRecord[]): StageSteps[] {
  return [...groups(steps, ({ stage }) => stage)].map(([name, own]) => ({
    name,
    steps: own,
    contents: new Set(own.map(({ content }) => content)),
  }));
}

function groups<K>(steps: readonly StepRecord[], key: (step: StepRecord) => K): Map<K, StepRecord[]> {
  const found = new Map<K, StepRecord[]>();
  for (const step of steps) {
    const group = found.get(key(step));
    if (group) group.push(step);
    else found.set(key(step), [step]);
  }
  return found;
}

/** More stages than that are compared by their names and their order alone. */
const MOST_STAGES = 100;

/** By name; what is left by how much they have in common, then in order. */
function matchStages(old: StageSteps[], now: StageSteps[]): [StageSteps, StageSteps][] {
  const named = new Map(old.filter(({ name }) => !/^stage-\d+$/.test(name)).map((stage) => [stage.name, stage]));
  const pairs: [StageSteps, StageSteps][] = [];
  const taken = new Set<StageSteps>();
  const take = (stage: StageSteps, was: StageSteps) => {
    if (taken.has(stage) || taken.has(was)) return;
    taken.add(stage).add(was);
    pairs.push([stage, was]);
  };
  for (const stage of now) {
    const was = named.get(stage.name);
    if (was) take(stage, was);
  }
  const left = (stages: StageSteps[]) => stages.filter((stage) => !taken.has(stage));
  const few = left(now).length <= MOST_STAGES && left(old).length <= MOST_STAGES;
  const scored = few
    ? left(now).flatMap((stage) => left(old).map((was) => ({ stage, was, score: likeness(stage, was) })))
    : [];
  const apart = ({ stage, was }: (typeof scored)[number]) => Math.abs(now.indexOf(stage) - old.indexOf(was));
  scored.sort((a, b) => b.score - a.score || apart(a) - apart(b));
  for (const { stage, was, score } of scored) if (score > 0) take(stage, was);
  // A stage without a name of which everything was changed is still the one at the end.
  const rest = left(old).reverse();
  for (const [at, stage] of left(now).reverse().entries()) {
    const was = rest[at];
    if (was && /^stage-/.test(stage.name) && /^stage-/.test(was.name)) take(stage, was);
  }
  return pairs;
}

function likeness(a: StageSteps, b: StageSteps): number {
  const common = [...a.contents].filter((content) => b.contents.has(content)).length;
  return common / Math.max(a.contents.size, b.contents.size);
}

function matchWithin({ steps: old }: StageSteps, { steps: now }: StageSteps, matches: Map<string, Match>): void {
  const anchors = commonSteps(old, now);
  const known = new Set(anchors.map(([was]) => was));
  for (const [was, step] of anchors) matches.set(now[step]?.id ?? '', { old: old[was] as StepRecord, moved: false });
  const gone = old.filter((_, at) => !known.has(at));
  const left = now.filter(({ id }) => !matches.has(id));
  // What stands elsewhere now, unchanged.
  for (const step of left) {
    const at = gone.findIndex(({ content }) => content === step.content);
    const [was] = at < 0 ? [] : gone.splice(at, 1);
    if (was) matches.set(step.id, { old: was, moved: true });
  }
  // What was edited stands between the same steps as before.
  let from = 0;
  for (const gap of gapsOf(now, matches)) {
    const end = gap.next === null ? old.length : old.indexOf(gap.next);
    const between = old.slice(from, end).filter((step) => gone.includes(step));
    for (const step of gap.steps) {
      const [was] = between
        .filter(({ instruction }) => instruction === step.instruction)
        .sort((a, b) => closeness(b, step) - closeness(a, step));
      if (!was) continue;
      matches.set(step.id, { old: was, moved: false });
      between.splice(between.indexOf(was), 1);
    }
    from = end;
  }
}

/** Steps that match nothing, and the earlier step at which the next that does stood. */
function gapsOf(
  now: StepRecord[],
  matches: ReadonlyMap<string, Match>,
): { steps: StepRecord[]; next: StepRecord | null }[] {
  const gaps: { steps: StepRecord[]; next: StepRecord | null }[] = [{ steps: [], next: null }];
  for (const step of now) {
    const match = matches.get(step.id);
    const gap = gaps.at(-1);
    if (!gap || match?.moved) continue;
    if (!match) gap.steps.push(step);
    else {
      gap.next = match.old;
      gaps.push({ steps: [], next: null });
    }
  }
  return gaps;
}

/** How much two texts have in common, from 0 to 1: of their words. */
function closeness({ text: a }: StepRecord, { text: b }: StepRecord): number {
  const words = new Set(b.split(/\s+/));
  const own = a.split(/\s+/);
  return own.filter((word) => words.has(word)).length / Math.max(own.length, words.size);
}

/** Tables of more cells are not made: then only what the beginnings and ends have in common counts. */
const MOST_CELLS = 1_000_000;

/** Pairs of positions of the same steps in the same order, as many as there are: a longest common subsequence. */
function commonSteps(old: StepRecord[], now: StepRecord[]): [number, number][] {
  const same = (i: number, j: number) => old[i]?.content === now[j]?.content;
  let start = 0;
  while (start < old.length && start < now.length && same(start, start)) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && same(old.length - 1 - end, now.length - 1 - end))
    end += 1;
  const rows = old.length - start - end;
  const columns = now.length - start - end;
  const pairs: [number, number][] = [];
  for (let at = 0; at < start; at++) pairs.push([at, at]);
  if (rows * columns <= MOST_CELLS) {
    // length[i][j]: of the longest one from i and j on.
    const length = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
    const at = (i: number, j: number) => length[i]?.[j] ?? 0;
    for (let i = rows - 1; i >= 0; i--) {
      for (let j = columns - 1; j >= 0; j--) {
        const row = length[i] as Uint32Array;
        row[j] = same(start + i, start + j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      }
    }
    for (let i = 0, j = 0; i < rows && j < columns; ) {
      if (same(start + i, start + j)) pairs.push([start + i++, start + j++]);
      else if (at(i + 1, j) >= at(i, j + 1)) i++;
      else j++;
    }
  }
  for (let back = end; back > 0; back--) pairs.push([old.length - back, now.length - back]);
  return pairs;
}
