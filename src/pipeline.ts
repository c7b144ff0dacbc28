// The job, step after step: inputs → lint → build → smoke → report. Who starts it (action or command) says how to print.

import { join } from 'node:path';
import { build, type Watch } from './build/build.ts';
import { findEngine } from './build/engine.ts';
import { LayerCache } from './cache/cache.ts';
import type { Saved } from './cache/store.ts';
import { readContext } from './context/context.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import { every, now } from './host/clock.ts';
import { directoryProblem, readText } from './host/files.ts';
import { recentChanges } from './host/git.ts';
import type { Inputs, Problem } from './inputs.ts';
import { imageFlags, openLayers, orderSave, type SaveOrder, usableLayers } from './layers.ts';
import { type Job, lint } from './lint/lint.ts';
import { RULES } from './lint/rules/index.ts';
import { messageOf } from './reason.ts';
import { mapText, printable, redact } from './report/clean.ts';
import { Live } from './report/live.ts';
import { type BuildReport, type LintReport, type Report, type Sources, seriousFindings } from './report/report.ts';
import type { Display } from './report/terminal.ts';
import { argumentValues, buildArguments, secretValues } from './secrets.ts';
import { skipped, smokeTest } from './smoke/smoke.ts';

/** Bytes. BuildKit takes a Dockerfile in one message, of which this is the limit (containerd's DefaultMaxRecvMsgSize). */
export const LARGEST_DOCKERFILE = 16 << 20;

/** How a job talks while it runs. */
export interface Ui {
  display: Display;
  /** Prints a line of live output. */
  print: (line: string) => void;
  /** Runs work whose lines come from strangers. */
  guarded: <T>(work: () => Promise<T>) => Promise<T>;
  /** The name for the smoke test's container, known before it exists, so that a killed job can be cleaned up. */
  container: string;
  /** Saves layers; returns when the job need not wait any longer, and says what is known of it by then. */
  save: (order: SaveOrder) => Promise<Saved>;
}

/** What a job leaves: its report, and the Dockerfile to show beside it. */
export interface Done {
  report: Report;
  sources: Sources;
}

/** Either the job could not begin, and all its problems at once, or what it leaves. */
export type Result = { problems: Problem[] } | Done;

/**
 * Runs the job. Whatever fails is in the report; a job that cannot begin has problems instead.
 * @param wrong what is wrong with the inputs already, to be told with the rest
 */
export async function runJob(inputs: Inputs, wrong: Problem[], ui: Ui, cancel: AbortSignal): Promise<Result> {
  const file = inputs.file || join(inputs.context, 'Dockerfile');
  const opening = openLayers(inputs, file);
  const [found, source, noContext] = await Promise.all([
    findEngine(),
    readText(file, LARGEST_DOCKERFILE),
    directoryProblem(inputs.context),
  ]);
  const problems = [
    ...wrong,
    ...(noContext === null ? [] : [contextProblem(inputs.context, noContext)]),
    ...dockerfileProblems(file, source.text, source.problem),
    ...('problem' in found ? [found.problem] : []),
  ];
  const usable = await usableLayers(opening, 'problem' in found || problems.length > 0 ? null : found.engine);
  if (problems.length > 0 || source.text === null || 'problem' in found) return { problems };
  const cache = usable instanceof LayerCache ? usable : null;

  const { builder } = found.engine;
  const { dockerfile, findings } = readDockerfile(source.text, file, inputs.context, inputs, builder);

  const live = new Live(ui.display);
  const secrets = secretValues(inputs);
  const print = (lines: string[]) => {
    for (const line of lines) ui.print(redact(line, secrets));
  };
  const built = await ui.guarded(async () => {
    const stopTicking = every(1, () => print(live.tick(now())));
    const job = { inputs, file, dockerfile, ...found };
    const image = cache ? imageFlags(inputs, found.engine) : [];
    const watch: Watch = (event, step) => print(live.event(event, step, now()));
    try {
      const flags = [...image, ...(cache?.importFlags ?? [])];
      const first = await build({ ...job, flags }, watch, cache ? AbortSignal.any([cancel, cache.broken]) : cancel);
      if (!cache || cancel.aborted || !first.failure || !cache.isToBlame(first.failure.message)) return first;
      cache.gaveUp();
      ui.print('The layer cache failed; building again without it.');
      return await build({ ...job, flags: image }, watch, cancel);
    } finally {
      stopTicking();
    }
  });
  const hidden = [...secrets, ...argumentValues(inputs, source.text)];
  const hide = (text: string) => redact(text, hidden);
  const [smoked] = await Promise.all([
    smoke(inputs, built, ui, cancel),
    cache && save(cache, { inputs, file, text: source.text }, built, ui, cancel),
  ]);
  const report: Omit<Report, 'outcome'> = {
    schemaVersion: 1,
    dockerfile: file,
    context: inputs.context,
    tags: inputs.tags,
    lint: inputs.lint === 'off' ? { findings: [], suppressed: 0, ignored: 0 } : findings,
    cache: mapText(usable instanceof LayerCache ? usable.report() : usable, hide),
    build: { ...built, failure: mapText(built.failure, hide) },
    smoke: mapText(smoked, hide),
  };
  return {
    report: mapText({ ...report, outcome: outcome(report, inputs) }, printable),
    sources: new Map([[printable(file), hide(source.text)]]),
  };
}

/**
 * The model of a Dockerfile, and what the lint says of it.
 * @param context the directory in which the rules look for manifests; null where that is not known
 * @param builder what builds it; null where nothing is built
 */
export function readDockerfile(
  text: string,
  file: string,
  context: string | null,
  inputs: Inputs,
  builder: Job['builder'],
): { dockerfile: Dockerfile; findings: LintReport } {
  const buildArgs = buildArguments(inputs);
  const parsed = parseDockerfile(text, file, buildArgs);
  const found = context === null ? null : readContext(context, file);
  const known = found === null || 'problem' in found ? null : found;
  const job: Job = {
    builder,
    buildArgs,
    buildContexts: inputs['build-contexts'].map((item) => item.split('=')[0] ?? ''),
  };
  let changes: string[][] | null = null;
  const input = {
    ...parsed,
    job,
    contextHas: (path: string) => known?.has(path) ?? null,
    contextText: (path: string) => known?.text(path) ?? null,
    contextNames: (directory: string) => known?.names(directory) ?? [],
    recentChanges: () => {
      // What nobody is shown is not worth a process.
      changes ??= inputs.lint === 'off' || context === null ? [] : recentChanges(context);
      return changes;
    },
  };
  return { dockerfile: parsed.dockerfile, findings: lint(input, RULES, inputs['lint-ignore']) };
}

async function save(
  cache: LayerCache,
  source: Pick<SaveOrder, 'inputs' | 'file' | 'text'>,
  built: BuildReport,
  ui: Ui,
  cancel: AbortSignal,
): Promise<void> {
  const start = now();
  try {
    if (cancel.aborted) return await cache.close();
    const order = await orderSave(cache, source, built);
    if (order) cache.saved(await ui.save(order), now() - start);
  } catch (error) {
    // The image is built: whatever happens to its layers, the job is none the worse.
    cache.saved({ bytes: 0, sentence: `Nothing was saved: ${messageOf(error)}.` }, now() - start);
  }
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
