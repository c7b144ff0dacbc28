// What is measured. Data only: the tables and verdicts are made of it.

export const PEERS = ['plain', 'ours', 'gha', 'local'] as const;
export type PeerName = (typeof PEERS)[number];

export const SCENARIOS = ['cold', 'unchanged', 'source', 'dependency', 'last'] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface Measurement {
  image: string;
  scenario: Scenario;
  peer: PeerName;
  /** From the start of the job's step until the `docker build` that makes the image has ended. */
  imageSeconds: number;
  /** Until the job's next step can begin. */
  stepSeconds: number;
  /** Until all that is kept for the next run is in the cache service. */
  savedSeconds: number;
  /** Over the link. */
  bytesUp: number;
  bytesDown: number;
  newEntries: number;
  /** RUN instructions that ran, and those that had to: all of them where nothing is cached. */
  ran: number;
  mustRun: number;
  /** What the engine asked for, where the peer tells. */
  bytesNeeded: number | null;
  /** Whether the machine did nothing else before and after. */
  quiet: boolean;
}

/** An image as the verdicts know it. */
export interface ImageFacts {
  name: string;
  /** What it stands for. */
  about: string;
  /** The image's own layers are large, so that compressing them is a good part of the build. */
  largeLayers: boolean;
  /** Most of what is built is not in the image, so an unchanged build can leave it alone. */
  largeBuilder: boolean;
}

/** The machine and the way to the cache service. */
export interface Setting {
  date: string;
  cores: number;
  memoryGiB: number;
  engine: string;
  store: string;
  link: string;
  runs: number;
  /** Around how many measurements the machine did something else. */
  busy: number;
}

/**
 * One measurement of several of the same: the median of every number. Those that other work disturbed count only where
 * there are no others.
 */
export function medians(measurements: Measurement[]): Measurement[] {
  const groups: Record<string, Measurement[]> = {};
  for (const one of measurements) {
    const key = `${one.image} ${one.scenario} ${one.peer}`;
    groups[key] = [...(groups[key] ?? []), one];
  }
  return Object.values(groups).map((group) => {
    const quiet = group.filter((one) => one.quiet);
    return medianOf(quiet.length > 0 ? quiet : group);
  });
}

function medianOf(group: Measurement[]): Measurement {
  const [first] = group;
  if (!first) throw new Error('no measurements');
  const numbers = Object.entries(first).filter(([, value]) => typeof value === 'number');
  const middle = numbers.map(([name]) => [name, median(group.map((one) => Number(one[name as keyof Measurement])))]);
  return { ...first, ...Object.fromEntries(middle) };
}

/** Of an even number of values, the mean of the two in the middle. */
function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = low] = sorted.length % 2 ? [sorted[half]] : [sorted[half - 1], sorted[half]];
  return (low + high) / 2;
}

export type Find = (image: string, scenario: Scenario, peer: PeerName) => Measurement | undefined;

/** Looks measurements up by what they are of. */
export const finder =
  (measurements: Measurement[]): Find =>
  (image, scenario, peer) =>
    measurements.find((one) => one.image === image && one.scenario === scenario && one.peer === peer);

/** The fastest of the others to the image. */
export function bestPeer(find: Find, image: string, scenario: Scenario): Measurement | undefined {
  const others = PEERS.filter((peer) => peer !== 'ours').map((peer) => find(image, scenario, peer));
  return others.filter((one) => one !== undefined).sort((a, b) => a.imageSeconds - b.imageSeconds)[0];
}
