// What this project promises about speed, and whether a run kept it. Pure.

import {
  bestPeer,
  type Find,
  finder,
  type ImageFacts,
  type Measurement,
  SCENARIOS,
  type Scenario,
} from './measurement.ts';

export interface Verdict {
  /** The promise, in words. */
  promise: string;
  image: string;
  /** What was measured, and what it may be at most. */
  value: number;
  limit: number;
  met: boolean;
}

interface Target {
  promise: string;
  scenarios: readonly Scenario[];
  /** What it may be at most for this image; null where the promise is not about it. */
  limit: (image: ImageFacts) => number | null;
  /** The value of an image in a scenario; null where it was not measured. */
  value: (find: Find, image: string, scenario: Scenario) => number | null;
}

const overPlain =
  (field: 'imageSeconds' | 'stepSeconds'): Target['value'] =>
  (find, image, scenario) =>
    ratio(find(image, scenario, 'ours')?.[field], find(image, scenario, 'plain')?.[field]);

const overGha: Target['value'] = (find, image, scenario) =>
  ratio(find(image, scenario, 'ours')?.imageSeconds, find(image, scenario, 'gha')?.imageSeconds);

const TARGETS: Target[] = [
  {
    promise: 'cold: time to the image over plain docker build',
    scenarios: ['cold'],
    limit: ({ largeLayers }) => (largeLayers ? 0.85 : 1),
    value: overPlain('imageSeconds'),
  },
  {
    promise: 'cold: time to the image over type=gha, whose docker build ends with its export',
    scenarios: ['cold'],
    limit: () => 0.4,
    value: overGha,
  },
  {
    promise: 'unchanged: time to the image over type=gha',
    scenarios: ['unchanged'],
    limit: () => 0.8,
    value: overGha,
  },
  {
    promise: 'unchanged: time to the image over plain docker build',
    scenarios: ['unchanged'],
    limit: ({ largeBuilder }) => (largeBuilder ? 0.2 : null),
    value: overPlain('imageSeconds'),
  },
  {
    promise: 'source file changed: time to the image over the best peer',
    scenarios: ['source'],
    limit: () => 1,
    value: (find, image, scenario) =>
      ratio(find(image, scenario, 'ours')?.imageSeconds, bestPeer(find, image, scenario)?.imageSeconds),
  },
  {
    promise: 'any scenario: time to the next step over plain docker build',
    scenarios: SCENARIOS,
    limit: () => 1.05,
    value: overPlain('stepSeconds'),
  },
  {
    promise: 'any scenario: bytes down over what the engine needs',
    scenarios: SCENARIOS,
    limit: () => 1.05,
    value: (find, image, scenario) => {
      const ours = find(image, scenario, 'ours');
      return ratio(ours?.bytesDown, ours?.bytesNeeded);
    },
  },
];

function ratio(value: number | null | undefined, base: number | null | undefined): number | null {
  return value == null || !base ? null : value / base;
}

/** A verdict for each promise and image, of the scenario that is furthest from it. Nothing of what was not measured. */
export function judge(measurements: Measurement[], images: ImageFacts[]): Verdict[] {
  const find = finder(measurements);
  return TARGETS.flatMap((target) => images.flatMap((image) => verdictOf(target, image, find)));
}

function verdictOf({ promise, scenarios, limit: limitOf, value }: Target, image: ImageFacts, find: Find): Verdict[] {
  const limit = limitOf(image);
  const worst = scenarios
    .flatMap((scenario) => ({ scenario, ratio: value(find, image.name, scenario) ?? -1 }))
    .reduce((a, b) => (b.ratio > a.ratio ? b : a));
  if (limit === null || worst.ratio < 0) return [];
  const words = scenarios.length > 1 ? `${promise} (${worst.scenario})` : promise;
  return [{ promise: words, image: image.name, value: worst.ratio, limit, met: worst.ratio <= limit }];
}
