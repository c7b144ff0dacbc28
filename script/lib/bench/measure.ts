// The order of the measurements, and one of them.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Link } from '../../../__tests__/support/cache-service.ts';
import { Engine } from './engine.ts';
import { checkOut, has, type Image, mustRun, npmrc } from './images.ts';
import type { Measurement, PeerName, Scenario } from './measurement.ts';
import { type Job, newMachine, RUN } from './peers.ts';
import { inherited } from './process.ts';
import { isQuiet, untilQuiet } from './quiet.ts';
import { Service } from './service.ts';

export interface Selection {
  images: Image[];
  peers: PeerName[];
  scenarios: Scenario[];
  runs: number;
  link: Link | null;
}

/** What could not be measured, or was measured of a wrong image. The others are, all the same. */
export interface Failure {
  image: string;
  scenario: Scenario;
  peer: PeerName;
  error: unknown;
}

/**
 * Measures all that is selected. Peers take turns in every scenario, the first one another each time, so that what the
 * machine does meanwhile, and a mirror that is slow for a minute, meets all of them.
 */
export async function measureAll(
  { images, peers, scenarios, runs, link }: Selection,
  directory: string,
  tell: (one: Measurement | Failure) => void,
): Promise<Measurement[]> {
  const engine = await Engine.prepare(directory);
  const npm = await npmrc(inherited(), join(directory, 'npmrc'));
  const measurements: Measurement[] = [];
  for (const image of images) {
    await engine.makeBase(image);
    const jobs = new Map<PeerName, Job>();
    for (const peer of peers) {
      const service = await Service.start(link, directory);
      const places = {
        workspace: join(directory, image.name, peer),
        temp: join(directory, image.name, `${peer}-temp`),
      };
      jobs.set(peer, { image, engine, service, ...places, sha: '', npmrc: npm });
    }
    for (let run = 0; run < runs; run++) {
      for (const [turn, scenario] of scenarios.filter((one) => has(image, one)).entries()) {
        for (const peer of rotated(peers, turn + run)) {
          const job = jobs.get(peer);
          if (!job) continue;
          const one = await measure(job, peer, scenario).catch((error) => ({
            image: image.name,
            scenario,
            peer,
            error,
          }));
          if (!('error' in one)) measurements.push(one);
          tell(one);
        }
      }
    }
    for (const { service } of jobs.values()) await service.stop();
  }
  await engine.empty();
  return measurements;
}

const rotated = <T>(list: T[], by: number): T[] => list.map((_, index) => list[(index + by) % list.length] as T);

/** One job on a machine with nothing but base images. The cold one saves what all the others find. */
async function measure(job: Job, peer: PeerName, scenario: Scenario): Promise<Measurement> {
  const { image, engine, service, workspace, temp } = job;
  await newMachine(temp);
  await checkOut(image, scenario, workspace);
  await engine.empty();
  const quietBefore = await untilQuiet();
  if (scenario === 'cold') await service.evictAll();
  await service.resetCounts();
  const start = Date.now();
  const { stepEnded, savedEnded, ran, bytesNeeded } = await RUN[peer]({ ...job, sha: commit(image, scenario) }).finally(
    () => (scenario === 'cold' ? service.remember() : service.rewind()),
  );
  const { bytesUp, bytesDown, newEntries } = await service.counts();
  const seconds = (end: number) => (end - start) / 1000;
  await engine.check(image, image.says(scenario), await lastLine(workspace));
  // Fewer would be an image of old sources, whatever it says.
  const atLeast = mustRun(image, scenario);
  if (ran < atLeast) throw new Error(`${ran} of ${atLeast} RUN instructions ran`);
  return {
    ...{ image: image.name, scenario, peer },
    imageSeconds: seconds(await engine.builtAt()),
    stepSeconds: seconds(stepEnded),
    savedSeconds: seconds(savedEnded),
    ...{ bytesUp, bytesDown, newEntries },
    ...{ ran, mustRun: peer === 'plain' ? image.runs : atLeast, bytesNeeded },
    quiet: quietBefore && (await isQuiet()),
  };
}

/** Nothing changed: the same commit. */
const commit = ({ name }: Image, scenario: Scenario): string =>
  createHash('sha1')
    .update(`${name} ${scenario === 'unchanged' ? 'cold' : scenario}`)
    .digest('hex');

async function lastLine(workspace: string): Promise<string> {
  return (await readFile(join(workspace, 'Dockerfile'), 'utf8')).trimEnd().split('\n').at(-1) ?? '';
}
