// The job, step after step: inputs → lint → build → smoke → push → report. Who starts it (action or command) says how to print.

import { join } from 'node:path';
import { type Built, build, type Watch } from './build/build.ts';
import { buildCacheTimes, findEngine } from './build/engine.ts';
import { withLayerSizes } from './build/history.ts';
import { LayerCache } from './cache/cache.ts';
import type { Saved } from './cache/store.ts';
import { type Context, readContext } from './context/context.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import { type Program, programOf } from './dockerfile/program.ts';
import { writeRecord } from './explain/codec.ts';
import { withSeconds } from './explain/findings.ts';
import { explainBuild, observeFiles, recordOf } from './explaining.ts';
import { every, now, sleep } from './host/clock.ts';
import { directoryProblem, readText } from './host/files.ts';
import { filesMatching, ignoredDirectories, recentChanges } from './host/git.ts';
import type { Inputs, Problem } from './inputs.ts';
import { imageFlags, openLayers, orderSave, type SaveOrder, usableLayers } from './layers.ts';
import { type Job, lint } from './lint/lint.ts';
import { RULES } from './lint/rules/index.ts';
import { notPushed, push } from './push.ts';
import { messageOf } from './reason.ts';
import { RecordFile } from './recording.ts';
import { mapText, printable, redact } from './report/clean.ts';
import type { Display } from './report/display.ts';
import { Live } from './report/live.ts';
import {
  type BuildReport,
  type LintReport,
  type PushReport,
  type Report,
  type SmokeReport,
  type Sources,
  seriousFindings,
} from './report/report.ts';
import { argumentValues, buildArguments, containerValues, secretValues } from './secrets.ts';
import { readWishes } from './smoke/ask.ts';
import { fingerprint, type Smoking, skipped, smokeTest } from './smoke/smoke.ts';

/** Seconds that a build waits, once it is through, until the files of its context were looked at. */
const PATIENCE = 1;

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
  /** Whether a program reads the report: then all is in it that it takes to compare it with another one. */
  machine: boolean;
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
  const recordFile = cache === null ? await RecordFile.find(inputs, file) : null;

  const { builder } = found.engine;
  const { dockerfile, findings, context } = readDockerfile(source.text, file, inputs.context, inputs, builder);
  const machine = ui.machine || inputs.report !== '';
  const noFiles = () => null;
  const lookAtFiles = async () => {
    if (context === null || (cache === null && recordFile === null && !machine)) return noFiles;
    return observeFiles(context, inputs.context, dockerfile, inputs).catch(() => noFiles);
  };
  // Not before the builder is at work: it has to wait for nothing.
  let looking: ReturnType<typeof lookAtFiles> | null = null;
  let times: ReturnType<typeof buildCacheTimes> | null = null;

  const live = new Live(ui.display);
  const secrets = secretValues(inputs);
  const print = (lines: string[]) => {
    for (const line of lines) ui.print(redact(line, secrets));
  };
  const done = await ui.guarded(async (): Promise<Built> => {
    const stopTicking = every(1, () => print(live.tick(now())));
    const job = { inputs, file, dockerfile, ...found };
    const image = cache ? imageFlags(inputs, found.engine) : [];
    const watch: Watch = (event, step) => {
      looking ??= lookAtFiles();
      if (cache?.report().outcome === 'restored') times ??= buildCacheTimes();
      print(live.event(event, step, now()));
    };
    try {
      const flags = [...image, ...(cache?.importFlags ?? [])];
      const first = await build({ ...job, flags }, watch, cache ? AbortSignal.any([cancel, cache.broken]) : cancel);
      const { failure } = first.report;
      if (!cache || cancel.aborted || !failure || !cache.isToBlame(failure.message)) return first;
      cache.gaveUp();
      ui.print('The layer cache failed; building again without it.');
      return await build({ ...job, flags: image }, watch, cancel);
    } finally {
      stopTicking();
    }
  });
  const program = programOf(dockerfile, inputs.target || null);
  const mark = inputs['smoke-test'] === 'changed' && cache ? await markOf(inputs, done.report) : null;
  const passedBefore = mark !== null && mark === (await cache?.smoked());
  // The container runs while the rest is worked out.
  const smoking = await smoke(inputs, done.report, program, passedBefore, ui, cancel);
  // Whoever has gigabytes that git does not know shall not wait for them: then there is no telling which files changed.
  const tooLate = sleep(PATIENCE, cancel).then(() => noFiles);
  const [sized, files] = await Promise.all([
    withLayerSizes(done, dockerfile, inputs.target),
    Promise.race([looking ?? lookAtFiles(), tooLate]),
  ]);
  const record = recordOf(sized, dockerfile, inputs, files);
  const { report: built, kept } = await explainBuild(sized, record, inputs, usable, recordFile, times);
  const hidden = [...secrets, ...argumentValues(inputs, source.text)];
  const hide = (text: string) => redact(text, hidden);
  const [smoked, pushed] = await Promise.all([
    smoking.report,
    inputs.push ? smoking.verdict.then((verdict) => pushIf(built, verdict, findings, inputs, ui, print, cancel)) : null,
    cache &&
      save(
        cache,
        { inputs, file, text: source.text },
        built,
        { record: kept, smoked: mark === null ? null : passed(mark, smoking) },
        ui,
        cancel,
      ),
    recordFile?.keep(kept),
  ]);
  const report: Omit<Report, 'outcome'> = {
    schemaVersion: 1,
    dockerfile: file,
    context: inputs.context,
    tags: inputs.tags,
    lint:
      inputs.lint === 'off'
        ? { findings: [], suppressed: 0, ignored: 0 }
        : { ...findings, findings: withSeconds(findings.findings, built.steps) },
    cache: mapText(usable instanceof LayerCache ? usable.report() : usable, hide),
    build: { ...built, failure: mapText(built.failure, hide) },
    smoke: mapText(smoked, (text) => redact(text, [...hidden, ...containerValues(inputs)])),
    push: mapText(pushed, hide),
    record: machine ? writeRecord(record) : null,
  };
  return {
    report: mapText({ ...report, outcome: outcome(report, inputs) }, printable),
    sources: new Map([[printable(file), hide(source.text)]]),
  };
}

/** The model of a Dockerfile, and what the lint says of it. */
export interface Read {
  dockerfile: Dockerfile;
  findings: LintReport;
  /** The build context; null where it is not known, or the builder will refuse it. */
  context: Context | null;
}

/** Reads a text as dockerfileReader() does, once. */
export function readDockerfile(text: string, ...surroundings: Parameters<typeof dockerfileReader>): Read {
  return dockerfileReader(...surroundings)(text);
}

/**
 * Reads the text of a Dockerfile, and again when it has changed: what lies around the file is looked at only once.
 * @param context the directory in which the rules look for manifests; null where that is not known
 * @param builder what builds it; null where nothing is built
 */
export function dockerfileReader(
  file: string,
  context: string | null,
  inputs: Inputs,
  builder: Job['builder'],
): (text: string) => Read {
  const buildArgs = buildArguments(inputs);
  const found = context === null ? null : readContext(context, file);
  const known = found === null || 'problem' in found ? null : found;
  const job: Job = {
    builder,
    buildArgs,
    buildContexts: inputs['build-contexts'].map((item) => item.split('=')[0] ?? ''),
  };
  // What nobody is shown is not worth a process.
  const asked = inputs.lint === 'off' ? null : context;
  let changes: string[][] | null = null;
  const surroundings = {
    job,
    contextHas: (path: string) => known?.has(path) ?? null,
    contextText: (path: string) => known?.text(path) ?? null,
    contextNames: (directory: string) => known?.names(directory) ?? [],
    contextTakes: (path: string) => known?.takes(path) ?? null,
    ignoreFile: known?.ignoreFile ?? null,
    recentChanges: () => {
      changes ??= asked === null ? [] : recentChanges(asked);
      return changes;
    },
    ignoredByGit: (directories: readonly string[]) => (asked === null ? [] : ignoredDirectories(asked, directories)),
    filesWith: (pattern: string) => (asked === null ? null : filesMatching(asked, pattern)),
  };
  return (text) => {
    const parsed = parseDockerfile(text, file, buildArgs);
    const findings = lint({ ...parsed, ...surroundings }, RULES, inputs['lint-ignore']);
    return { dockerfile: parsed.dockerfile, findings, context: known };
  };
}

async function save(
  cache: LayerCache,
  source: Pick<SaveOrder, 'inputs' | 'file' | 'text'>,
  built: BuildReport,
  { record, smoked }: { record: string; smoked: Promise<string> | null },
  ui: Ui,
  cancel: AbortSignal,
): Promise<void> {
  const start = now();
  try {
    // Only where somebody wants it to be remembered does saving wait for the smoke test.
    const mark = (await smoked) ?? '';
    if (cancel.aborted) return await cache.close();
    const order = await orderSave(cache, source, built, { record, smoked: mark });
    if (order) cache.saved(await ui.save(order), now() - start);
  } catch (error) {
    // The image is built: whatever happens to its layers, the job is none the worse.
    cache.saved({ bytes: 0, sentence: `Nothing was saved: ${messageOf(error)}.` }, now() - start);
  }
}

/** Begins the smoke test, or says why there is none. */
async function smoke(
  inputs: Inputs,
  built: BuildReport,
  program: Program,
  passedBefore: boolean,
  ui: Ui,
  cancel: AbortSignal,
): Promise<Smoking> {
  const none = (why: string): Smoking => {
    const report = Promise.resolve(skipped(why));
    return { verdict: report, report };
  };
  if (built.outcome === 'failed') return none('There is no image to run.');
  if (inputs['smoke-test'] === 'off') return none('Switched off by smoke-test: off.');
  const image = imageOf(inputs, built);
  if (image === null || cancel.aborted) return none('The builder did not say which image it made.');
  if (passedBefore) return none('This very image has passed before, asked for the same (smoke-test: changed).');
  const { wishes } = readWishes(inputs);
  const platform = inputs.platforms.length === 1 ? (inputs.platforms[0] ?? '') : '';
  const portsAreOwn = program.exposes;
  const { verdict, report } = smokeTest({ image, container: ui.container, wishes, platform, portsAreOwn }, cancel);
  return { verdict, report: report.then((seen) => ({ ...seen, line: program.line })) };
}

const imageOf = (inputs: Inputs, { imageId }: BuildReport): string | null => imageId ?? inputs.tags[0] ?? null;

/** By what this image and what is asked of it are known again; null where there is none. */
async function markOf(inputs: Inputs, built: BuildReport): Promise<string | null> {
  const image = imageOf(inputs, built);
  return built.outcome === 'failed' || image === null ? null : fingerprint(image, readWishes(inputs).wishes);
}

/** The mark, if the test is passed. */
const passed = async (mark: string, { verdict }: Smoking): Promise<string> =>
  (await verdict).outcome === 'passed' ? mark : '';

/** Pushes what is fit for it. */
async function pushIf(
  built: BuildReport,
  smoked: SmokeReport,
  lint: LintReport,
  inputs: Inputs,
  ui: Ui,
  print: (lines: string[]) => void,
  cancel: AbortSignal,
): Promise<PushReport> {
  if (built.outcome === 'failed') return notPushed('Nothing was pushed: there is no image.');
  if (smoked.outcome === 'failed') return notPushed('Nothing was pushed: the smoke test failed.');
  if (lintFails(lint, inputs)) return notPushed('Nothing was pushed: lint: error, and there are warnings.');
  if (cancel.aborted) return notPushed('Nothing was pushed: the job was cancelled.');
  return ui.guarded(() => push(inputs.tags, (line) => print([line]), cancel));
}

function lintFails({ findings }: LintReport, inputs: Inputs): boolean {
  return inputs.lint === 'error' && seriousFindings(findings).length > 0;
}

function outcome({ build, smoke, push: pushed, lint }: Omit<Report, 'outcome'>, inputs: Inputs): Report['outcome'] {
  const failed = [build.outcome, smoke.outcome, pushed?.outcome].includes('failed') || lintFails(lint, inputs);
  return failed ? 'failure' : 'success';
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
