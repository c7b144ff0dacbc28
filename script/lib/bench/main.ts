// The command behind script/bench.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HOSTED, type Link } from '../../../__tests__/support/cache-service.ts';
import { Engine } from './engine.ts';
import { IMAGES, root } from './images.ts';
import { type Failure, measureAll, type Selection } from './measure.ts';
import {
  type Measurement,
  medians,
  PEERS,
  type PeerName,
  SCENARIOS,
  type Scenario,
  type Setting,
} from './measurement.ts';
import { fill, page } from './page.ts';

const HELP = `script/bench [FLAGS]: measures this action beside its peers

  --store STORE       containerd (default), or overlay2, which can export no cache: only plain and ours
  --runs N            how often (default 1); the tables show medians
  --images NAMES      ${IMAGES.map(({ name }) => name).join(',')}
  --peers NAMES       ${PEERS.join(',')}
  --scenarios NAMES   ${SCENARIOS.join(',')}; cold always runs, the others start from what it saved
  --link LINK         hosted (default: 10 ms one way, 60 MB/s a connection, 200 MB/s in all), none, or its JSON
  --json FILE         where to write every measurement
`;

const PAGE = join(root, 'docs/performance.md');
const { values: flags } = parseArgs({
  options: {
    store: { type: 'string', default: 'containerd' },
    runs: { type: 'string', default: '1' },
    images: { type: 'string' },
    peers: { type: 'string' },
    scenarios: { type: 'string' },
    link: { type: 'string', default: 'hosted' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

async function bench(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'cached-docker-build-bench-'));
  try {
    const selection = selected();
    const engine = await (await Engine.prepare(directory)).version();
    const measurements = await measureAll(selection, directory, tell);
    const setting = settingOf(selection, engine, measurements);
    if (flags.json) await writeFile(flags.json, `${JSON.stringify({ setting, measurements }, null, 2)}\n`);
    const text = page(setting, medians(measurements), selection.images);
    console.log(`\n${text}`);
    if (isWhole() && !process.exitCode) await writeFile(PAGE, fill(await readFile(PAGE, 'utf8'), flags.store, text));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Only then the page's tables are comparable with those that it had. */
const isWhole = (): boolean => !flags.images && !flags.peers && !flags.scenarios && flags.link === 'hosted';

function selected(): Selection {
  const possible: readonly PeerName[] = flags.store === 'overlay2' ? ['plain', 'ours'] : PEERS;
  const runs = Number(flags.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs: ${flags.runs} is not a number of runs`);
  const names = IMAGES.map(({ name }) => name);
  const images = choose('images', flags.images, names);
  return {
    images: IMAGES.filter(({ name }) => images.includes(name)),
    peers: choose('peers', flags.peers, possible),
    scenarios: choose('scenarios', flags.scenarios && `cold,${flags.scenarios}`, SCENARIOS) satisfies Scenario[],
    runs,
    link: linkOf(flags.link),
  };
}

/** The chosen ones in their usual order; all of them where none are. */
function choose<T extends string>(flag: string, chosen: string | undefined, all: readonly T[]): T[] {
  const names = chosen?.split(',') ?? [...all];
  const unknown = names.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`--${flag}: "${unknown}" is not one of ${all.join(', ')}`);
  return all.filter((one) => names.includes(one));
}

function linkOf(text: string): Link | null {
  if (text === 'hosted') return HOSTED;
  return text === 'none' ? null : JSON.parse(text);
}

function settingOf({ runs, link }: Selection, engine: string, measurements: Measurement[]): Setting {
  const mbps = (bytes: number) => `${bytes / 1e6} MB/s`;
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    engine,
    store: flags.store,
    link: link
      ? `link of ${link.latencyMs} ms one way, ${mbps(link.perConnectionBytesPerSecond)} a connection, ${mbps(link.totalBytesPerSecond)} in all`
      : 'no delays',
    runs,
    busy: measurements.filter(({ quiet }) => !quiet).length,
  };
}

function tell(one: Measurement | Failure): void {
  const name = `${one.image} · ${one.scenario} · ${one.peer}`;
  if ('error' in one) {
    console.error(`${name}: ${one.error instanceof Error ? one.error.message : one.error}`);
    process.exitCode = 1;
    return;
  }
  const { imageSeconds, savedSeconds, ran, mustRun, quiet } = one;
  const note = ran > mustRun ? ` (ran ${ran} instead of ${mustRun} RUN instructions)` : '';
  const noise = quiet ? '' : ' (the machine was busy)';
  console.error(
    `${name}: ${imageSeconds.toFixed(2)} s to the image, ${savedSeconds.toFixed(2)} s until saved${note}${noise}`,
  );
}

if (flags.help) process.stdout.write(HELP);
else await bench();
