// The job, step after step: inputs → lint → build → smoke → report. Who starts it (action or command) says how to print.

import { join } from 'node:path';
import { build } from './build/build.ts';
import { findEngine } from './build/engine.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import { every, now } from './host/clock.ts';
import { directoryProblem, exists, readText } from './host/files.ts';
import { variable } from './host/process.ts';
import type { Inputs, Problem } from './inputs.ts';
import { lint } from './lint/lint.ts';
import { type Hidden, mapText, printable, redact } from './report/clean.ts';
import { Live } from './report/live.ts';
import { type BuildReport, type CacheReport, type LintReport, type Report, seriousFindings } from './report/report.ts';
import type { Display } from './report/terminal.ts';
import { skipped, smokeTest } from './smoke/smoke.ts';

/** How a job talks while it runs. */
export interface Ui {
  display: Display;
  /** Prints a line of live output. */
  print: (line: string) => void;
  /** Runs work whose lines come from strangers. */
  guarded: <T>(work: () => Promise<T>) => Promise<T>;
  /** The name for the smoke test's container, known before it exists, so that a killed job can be cleaned up. */
  container: string;
}

/** Either the job could not begin, and all its problems at once, or its report. */
export type Result = { problems: Problem[] } | { report: Report };

export async function runJob(inputs: Inputs, wrong: Problem[], ui: Ui, cancel: AbortSignal): Promise<Result> {
  const file = inputs.file || join(inputs.context, 'Dockerfile');
  const [found, source, noContext] = await Promise.all([
    findEngine(),
    readText(file),
    directoryProblem(inputs.context),
  ]);
  const problems = [
    ...wrong,
    ...(noContext === null ? [] : [contextProblem(inputs.context, noContext)]),
    ...dockerfileProblems(file, source.text, source.problem),
    ...('problem' in found ? [found.problem] : []),
  ];
  if (problems.length > 0 || source.text === null || 'problem' in found) return { problems };

  const { dockerfile, findings } = readDockerfile(source.text, file, inputs.context, buildArguments(inputs));

  const live = new Live(ui.display);
  const secrets = secretValues(inputs);
  const print = (lines: string[]) => {
    for (const line of lines) ui.print(redact(line, secrets));
  };
  const built = await ui.guarded(async () => {
    const stopTicking = every(1, () => print(live.tick(now())));
    try {
      const job = { inputs, file, dockerfile, ...found };
      return await build(job, (event, step) => print(live.event(event, step, now())), cancel);
    } finally {
      stopTicking();
    }
  });
  const hidden = [...secrets, ...argumentValues(inputs, source.text)];
  const hide = (text: string) => redact(text, hidden);
  const report: Omit<Report, 'outcome'> = {
    schemaVersion: 1,
    dockerfile: file,
    context: inputs.context,
    tags: inputs.tags,
    lint: inputs.lint === 'off' ? { findings: [], suppressed: 0 } : findings,
    cache: noLayerCache,
    build: { ...built, failure: mapText(built.failure, hide) },
    smoke: mapText(await smoke(inputs, built, ui, cancel), hide),
  };
  return { report: mapText({ ...report, outcome: outcome(report, inputs) }, printable) };
}

/**
 * The model of a Dockerfile, and what the lint says of it.
 * @param context the directory in which the rules look for manifests
 * @param buildArgs values of build arguments by name: `FROM $BASE` may lead to a stage
 */
export function readDockerfile(
  text: string,
  file: string,
  context: string,
  buildArgs: Record<string, string> = {},
): { dockerfile: Dockerfile; findings: LintReport } {
  const parsed = parseDockerfile(text, file, buildArgs);
  const contextHas = (path: string) => exists(join(context, path));
  return { dockerfile: parsed.dockerfile, findings: lint({ ...parsed, contextHas }) };
}

async function smoke(inputs: Inputs, built: BuildReport, ui: Ui, cancel: AbortSignal) {
  if (built.outcome === 'failed') return skipped('There is no image to run.');
  if (inputs['smoke-test'] === 'off') return skipped('Switched off by smoke-test: off.');
  const image = built.imageId ?? inputs.tags[0];
  if (image === undefined || cancel.aborted) return skipped('The builder did not say which image it made.');
  const platform = inputs.platforms.length === 1 ? (inputs.platforms[0] ?? '') : '';
  return smokeTest({ image, container: ui.container, settle: inputs['smoke-settle'], platform }, cancel);
}

function outcome({ build, smoke, lint }: Omit<Report, 'outcome'>, inputs: Inputs): Report['outcome'] {
  const lintFails = inputs.lint === 'error' && seriousFindings(lint.findings).length > 0;
  return build.outcome === 'failed' || smoke.outcome === 'failed' || lintFails ? 'failure' : 'success';
}

/** Layers are not kept from one machine to the next yet: the engine's own cache is the only one. */
const noLayerCache: CacheReport = {
  store: 'none',
  outcome: 'off',
  reason: 'Layers are not kept between machines; hits come from the engine itself.',
  bytesFetched: 0,
  bytesStored: 0,
  restoreSeconds: 0,
  saveSeconds: 0,
  netSeconds: 0,
};

function contextProblem(context: string, reason: string): Problem {
  const remote = /^(https?:|git@|git:|ssh:|github\.com\/)|^-$/.test(context);
  const hint = remote ? ' Only a directory can be built: check out the repository first.' : '';
  return { kind: 'usage', message: `context: ${context} ${reason}.${hint}`, file: null };
}

function dockerfileProblems(file: string, text: string | null, problem: string | null): Problem[] {
  const bad = (why: string): Problem[] => [{ kind: 'usage', message: `file: ${file} ${why}.`, file }];
  if (text === null) return bad(problem ?? 'cannot be read');
  return text.trim() === '' ? bad('is empty; a Dockerfile begins with FROM and a base image') : [];
}

/** Values of secrets: they stand in no output at all. */
function secretValues(inputs: Inputs): Hidden[] {
  const fromEnvironment = inputs['secret-envs'].map(pair).map(({ name, value }) => ({ name, value: variable(value) }));
  return [...inputs.secrets.map(pair), ...fromEnvironment];
}

/** Values of build arguments, which may be secrets as well: they do not stand in the report, unless the Dockerfile shows them. */
function argumentValues(inputs: Inputs, dockerfile: string): Hidden[] {
  return Object.entries(buildArguments(inputs))
    .map(([name, value]) => ({ name, value }))
    .filter(({ value }) => !dockerfile.includes(value));
}

/** Build arguments by name; one without a value has that of the environment, as docker takes it. */
function buildArguments(inputs: Inputs): Record<string, string> {
  const pairs = inputs['build-args'].map((item) =>
    item.includes('=') ? pair(item) : { name: item, value: variable(item) },
  );
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
}

function pair(item: string): Hidden {
  const at = item.indexOf('=');
  return { name: item.slice(0, at), value: item.slice(at + 1) };
}
