// Measurements as markdown. Pure.

import {
  bestPeer,
  type Find,
  finder,
  type ImageFacts,
  type Measurement,
  PEERS,
  SCENARIOS,
  type Scenario,
  type Setting,
} from './measurement.ts';
import { judge, type Verdict } from './targets.ts';

const WORDS: Record<Scenario, string> = {
  cold: 'cold',
  unchanged: 'unchanged',
  source: 'source file changed',
  dependency: 'dependency changed',
  last: 'last instruction changed',
};

const HEAD = [
  'scenario',
  'peer',
  'image s',
  'next step s',
  'saved s',
  'MB up',
  'MB down',
  'new entries',
  'RUN ran',
  '× plain',
  '× best peer',
];

/** The setting, a table for each image, and the verdicts. */
export function page(setting: Setting, measurements: Measurement[], images: ImageFacts[]): string {
  const measured = images.filter(({ name }) => measurements.some(({ image }) => image === name));
  const tables = measured.map(({ name, about }) => `### ${name}\n\n${about}\n\n${table(name, measurements)}`);
  return [settingLine(setting), ...tables, verdicts(judge(measurements, measured))].join('\n\n');
}

function settingLine({ date, cores, memoryGiB, engine, store, link, runs, busy }: Setting): string {
  const times = runs === 1 ? 'measured once' : `medians of ${runs} runs`;
  const noise = busy === 0 ? '' : ` · the machine did other work around ${busy} of the measurements`;
  return `${date} · ${cores} cores, ${memoryGiB} GiB · Docker ${engine}, ${store} image store · ${link} · ${times}${noise}`;
}

/** The rows of one image. */
export function table(image: string, measurements: Measurement[]): string {
  const find = finder(measurements);
  const mine = measurements.filter((one) => one.image === image).toSorted((a, b) => place(a) - place(b));
  const rows = mine.map((one) => row(one, find));
  return [HEAD, HEAD.map((_, column) => (column < 2 ? ':--' : '--:')), ...rows].map(line).join('\n');
}

/** By scenario, then by peer: they were measured in turns. */
const place = ({ scenario, peer }: Measurement): number =>
  SCENARIOS.indexOf(scenario) * PEERS.length + PEERS.indexOf(peer);

function row(one: Measurement, find: Find): string[] {
  const { image, scenario, peer } = one;
  const plain = peer === 'plain' ? undefined : find(image, scenario, 'plain');
  const best = peer === 'ours' ? bestPeer(find, image, scenario) : undefined;
  return [
    WORDS[scenario],
    peer,
    one.imageSeconds.toFixed(1),
    one.stepSeconds.toFixed(1),
    one.savedSeconds.toFixed(1),
    megabytes(one.bytesUp),
    megabytes(one.bytesDown),
    `${one.newEntries}`,
    // More than must: the cache did not have what it should.
    one.ran > one.mustRun ? `${one.ran} instead of ${one.mustRun}` : `${one.ran}`,
    plain ? (one.imageSeconds / plain.imageSeconds).toFixed(2) : '',
    best ? `${(one.imageSeconds / best.imageSeconds).toFixed(2)} (${best.peer})` : '',
  ];
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1);
const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;

function verdicts(all: Verdict[]): string {
  const list = (title: string, some: Verdict[]) =>
    some.length === 0 ? [] : [`**${title}**`, some.map((one) => `- ${sentence(one)}`).join('\n')];
  const missed = all.filter(({ met }) => !met);
  const met = all.filter((one) => one.met);
  return ['### Targets', ...list('Missed', missed), ...list('Met', met)].join('\n\n');
}

const sentence = ({ promise, image, value, limit }: Verdict): string =>
  `${image} · ${promise}: ${value.toFixed(2)}, at most ${limit.toFixed(2)}`;

/** Replaces what stands between a page's marks with this name. */
export function fill(page: string, name: string, text: string): string {
  const marks = new RegExp(`(<!-- begin ${name}[^\\n]*\\n)[\\s\\S]*?(<!-- end ${name} -->)`);
  if (!marks.test(page)) throw new Error(`there are no marks "begin ${name}" and "end ${name}"`);
  return page.replace(marks, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
}
