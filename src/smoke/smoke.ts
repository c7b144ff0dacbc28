// The smoke test of an image: runs it by its ENTRYPOINT and CMD, says whether it works, and removes what it made, however
// it ends.

import { createHash } from 'node:crypto';
import { NOTHING_SEEN, type SmokeReport } from '../report/report.ts';
import type { Wishes } from './ask.ts';
import { type Plan, planFor } from './checks.ts';
import {
  create,
  type Engine,
  type Image,
  lookAtEngine,
  lookAtImage,
  removeContainer,
  removeLeftovers,
} from './docker.ts';
import { signalOf } from './judge.ts';
import { likelyReason, NEEDS_PRIVILEGES, NO_COMMAND } from './reason.ts';
import { stopAndTell } from './stop.ts';
import { Trial, type Tried } from './trial.ts';

export interface SmokeTest {
  /** Name or id of the image. */
  image: string;
  /** Name for the container; the caller keeps it, so that a later process can remove what a killed one left. */
  container: string;
  wishes: Wishes;
  /** Platform that was built, or ''. It may be one that this engine cannot run. */
  platform: string;
  /** False where it is known that only a base image EXPOSEs ports. */
  portsAreOwn: boolean;
}

/** A test under way. Both promises fail with ProgramMissing only: a failure of the image is a result. */
export interface Smoking {
  /** Resolves as soon as it is clear whether the image works. */
  verdict: Promise<SmokeReport>;
  /** Resolves when all is told and removed: with how the program took being stopped, if it still ran. */
  report: Promise<SmokeReport>;
}

export function skipped(evidence: string): SmokeReport {
  return { outcome: 'skipped', evidence, ...NOTHING_SEEN };
}

/** Begins the test. */
export function smokeTest(test: SmokeTest, cancel: AbortSignal): Smoking {
  let clear: (report: SmokeReport) => void = () => {};
  const early = new Promise<SmokeReport>((resolve) => {
    clear = resolve;
  });
  const report = run(test, cancel, clear);
  const verdict = Promise.race([early, report]);
  // Nobody need wait for it; who waits for the report is told what went wrong.
  verdict.catch(() => undefined);
  return { verdict, report };
}

/**
 * What decides how a test goes: the image and the wishes, as a digest. Of a variable that comes out of the job, only the
 * name is in it. null where the engine does not have the image.
 */
export async function fingerprint(image: string, wishes: Wishes): Promise<string | null> {
  const found = await lookAtImage(image);
  return (
    found &&
    createHash('sha256')
      .update(JSON.stringify([1, found.content, wishes]))
      .digest('hex')
  );
}

async function run(test: SmokeTest, cancel: AbortSignal, clear: (report: SmokeReport) => void): Promise<SmokeReport> {
  const sweeping = removeLeftovers();
  try {
    const [image, engine] = await Promise.all([lookAtImage(test.image), lookAtEngine()]);
    // A builder that is not the engine's own keeps its images to itself: then there is nothing to judge.
    if (!image) return skipped('The image is not in the engine, so it was not run.');
    const bounded = await tryOut(
      test,
      image,
      engine,
      [...BOUNDS, '--security-opt', 'no-new-privileges'],
      cancel,
      clear,
    );
    // What our own bounds break is not the image's fault.
    if (bounded.outcome !== 'failed' || bounded.reason !== NEEDS_PRIVILEGES) return bounded;
    return await tryOut(test, image, engine, BOUNDS, cancel, clear);
  } finally {
    await sweeping;
  }
}

/** More processes than any program under test has: only one that makes them without end meets it. */
const BOUNDS = ['--pids-limit', '4096'];
/** Share of the engine's memory: past that, the program goes and not the job. */
const MEMORY = 0.75;

/** Runs the image once. */
async function tryOut(
  { image: name, container, wishes, platform, portsAreOwn }: SmokeTest,
  image: Image,
  engine: Engine,
  bounds: string[],
  cancel: AbortSignal,
  clear: (report: SmokeReport) => void,
): Promise<SmokeReport> {
  const { options } = wishes;
  const plan = planFor(options.includes('--no-healthcheck') ? { ...image, health: null } : image, wishes, portsAreOwn);
  if ('problem' in plan) return failed(plan.problem, null);
  const trial = new Trial(container, plan, engine.reach, cancel);
  try {
    const refused = await create({
      ...{ image: name, name: container, env: wishes.env, command: wishes.command },
      platform: wishes.platform || platform,
      options: [
        ...memory(engine, options),
        ...bounds,
        ...published(plan, engine),
        ...quickHealth(image, options),
        ...options,
      ],
      lifetime: plan.timeout + plan.settle,
    });
    if (refused !== null) return notMade(refused, plan);
    const tried = await trial.run();
    if (!tried) return skipped('The job was cancelled while the image ran.');
    if (cannotRun(tried, image, engine) && platform !== '' && wishes.platform === '' && !plan.asked) {
      return skipped(
        `The image is for ${image.platform}, and this engine runs ${engine.platform} only: it was not run.`,
      );
    }
    const report = describe(tried, plan, image, engine);
    if (report.reason !== NEEDS_PRIVILEGES) clear(report);
    if (report.outcome !== 'passed' || tried.end) return report;
    return { ...report, stop: await stopAndTell(container, tried.container) };
  } finally {
    await removeContainer(container);
    await trial.close();
  }
}

/** Of options that belong together the user's are taken, or docker finds that they do not. */
function memory({ memory: bytes }: Engine, options: string[]): string[] {
  if (bytes === 0 || options.some((option) => /^(-m|--memory)/.test(option))) return [];
  return ['--memory', String(Math.floor(bytes * MEMORY))];
}

/** Ports of the container on free ports of the loopback address, where there is no other way to them. */
function published({ conditions }: Plan, { reach }: Engine): string[] {
  if (reach !== 'published') return [];
  const ports = conditions.flatMap((one) =>
    one.check === 'port' ? one.ports : one.check === 'http' ? [one.port] : [],
  );
  return [...new Set(ports)].flatMap((port) => ['--publish', `127.0.0.1::${port}`]);
}

/** Has its HEALTHCHECK run twice a second, from the start: with docker's 30 s in between nobody would wait for it. */
function quickHealth({ health }: Image, options: string[]): string[] {
  if (health === null || options.some((option) => /^--(no-healthcheck|health-)/.test(option))) return [];
  return [
    '--health-interval',
    `${Math.round(Math.min(0.5, health.interval) * 1000)}ms`,
    '--health-start-period',
    '1ms',
  ];
}

function describe(
  { verdict, end, container, loopbackOnly, log }: Tried,
  plan: Plan,
  image: Image,
  engine: Engine,
): SmokeReport {
  const health = container.health.map(({ output }) => output).filter((output) => output !== '');
  // Where it could not start, docker says why among its output, too.
  const printed = end?.error ? log.filter((line) => !/^Error(:| response from daemon:)/.test(line)) : log;
  const clues = {
    ...{
      argv: container.argv,
      error: end?.error ?? '',
      exitCode: end?.exitCode ?? null,
      log: printed,
      health,
      loopbackOnly,
    },
    ...{ oomKilled: end?.oomKilled ?? false, imagePlatform: image.platform, enginePlatform: engine.platform },
    expectedMore: plan.asked,
  };
  return {
    ...verdict,
    reason: verdict.outcome === 'failed' ? likelyReason(clues) : null,
    line: null,
    signal: end ? signalOf(end.exitCode) : null,
    oomKilled: clues.oomKilled,
    restarts: end?.restarts ?? 0,
    health,
    stop: null,
    log: printed,
  };
}

/** docker does not make a container that it has nothing to run in, or with options that it does not take. */
function notMade(refused: string, plan: Plan): SmokeReport {
  if (!/no command specified/i.test(refused)) return failed(`The image was not run: docker says ${refused}`, null);
  // An image that only carries files is a fine image, unless something was asked of its program.
  if (!plan.asked) return skipped('The image has no CMD: there is nothing to run.');
  return failed('The image has no CMD: there is nothing to run', NO_COMMAND);
}

function failed(evidence: string, reason: string | null): SmokeReport {
  return { outcome: 'failed', evidence, ...NOTHING_SEEN, check: 'exit', reason };
}

/** Is it a program for another machine, and nothing here to emulate that? */
function cannotRun({ end, log }: Tried, image: Image, engine: Engine): boolean {
  const unknown = [end?.error ?? '', ...log].some((line) => /exec format error/i.test(line));
  return unknown && image.platform !== engine.platform;
}
