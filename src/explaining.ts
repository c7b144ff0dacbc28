// Between the build and its explanation: what is recorded of a build, what it is compared with, and the report with the
// causes in it.

import type { Built } from './build/build.ts';
import { wasEmpty } from './build/engine.ts';
import type { LayerCache } from './cache/cache.ts';
import type { Context } from './context/context.ts';
import { readings } from './context/select.ts';
import { fileStates } from './context/states.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { carryOver } from './explain/carry.ts';
import { readRecord, writeRecord } from './explain/codec.ts';
import { BUILDER_ARGUMENT } from './explain/difference.ts';
import { explain, type Reason } from './explain/explain.ts';
import { makeRecord, type Observed } from './explain/observe.ts';
import type { BuildRecord } from './explain/record.ts';
import { wallClock } from './host/clock.ts';
import { variable } from './host/process.ts';
import type { Inputs } from './inputs.ts';
import type { RecordFile } from './recording.ts';
import type { BuildReport, CacheReport, Report, Step } from './report/report.ts';
import { buildArguments } from './secrets.ts';

type Files = Observed['files'];

/**
 * What each instruction reads of the context, and the state of those files. They are looked at while the builder works.
 * @param directory the build context
 */
export async function observeFiles(
  context: Context,
  directory: string,
  dockerfile: Dockerfile,
  inputs: Inputs,
): Promise<Files> {
  const read = readings(context, dockerfile, inputs.target || null, buildArguments(inputs));
  const entriesOf = ({ selection }: (typeof read)[number]) => [
    ...(selection?.directories ?? []),
    ...(selection?.files ?? []),
  ];
  const states = new Map((await fileStates(directory, read.flatMap(entriesOf))).map((state) => [state.path, state]));
  return (stage, instruction) => {
    const own = read.find((reading) => reading.stage === stage && reading.instruction === instruction);
    if (!own) return [];
    if (!own.selection) return null;
    const found = entriesOf(own).flatMap(({ path }) => states.get(path) ?? []);
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  };
}

/** Inputs that change what the builder does, without a word in the Dockerfile. */
const OPTIONS = ['network', 'add-hosts', 'shm-size', 'ulimit', 'platforms'] as const;

/** The record of a build. */
export function recordOf(built: Built, dockerfile: Dockerfile, inputs: Inputs, files: Files): BuildRecord {
  const buildArgs = buildArguments(inputs);
  const given = OPTIONS.map((name) => [name, String(inputs[name])] as const).filter(([, value]) => value !== '');
  const options = [...given, ...Object.entries(buildArgs).filter(([name]) => BUILDER_ARGUMENT.test(name))];
  return makeRecord({
    ...{ dockerfile, files, buildArgs, options: Object.fromEntries(options) },
    contexts: inputs['build-contexts'].map((item) => item.split('=')[0] ?? ''),
    ...{ described: built.described, operations: built.operations },
    ...{ time: wallClock(), commit: variable('GITHUB_SHA'), engine: built.report.engine.version },
  });
}

/** What is left of a build for the next one. */
export interface Explained {
  report: BuildReport;
  /** To be kept in the layer cache. */
  kept: string;
}

/**
 * The report of a build with the cause of every miss, as compared with the last build that the layer cache knows.
 * @param file where the last build is recorded without one; null: nowhere
 * @param times what buildCacheTimes() says; null: nobody asked
 */
export async function explainBuild(
  { report, started, described }: Built,
  record: BuildRecord,
  inputs: Inputs,
  cache: LayerCache | CacheReport,
  file: RecordFile | null,
  times: Promise<number[] | null> | null,
): Promise<Explained> {
  const before = await lastBuild(cache, file);
  const compared = 'steps' in before ? before : null;
  const disabled = inputs['no-cache'] || inputs['no-cache-filters'];
  const kept = compared ? carryOver(record, compared) : record;
  const causes = explain(record, report.steps, { before, disabled, absent: absentFrom(cache) });
  const told = withCauses(report, causes, compared, kept);
  return {
    report: { ...told, steps: await withSources(told.steps, { started, described }, cache, times) },
    kept: writeRecord(kept),
  };
}

/** Tells restored hits from those of the engine, where nothing had to be fetched for them; else what was fetched. */
async function withSources(
  told: Step[],
  { started, described }: Pick<Built, 'started' | 'described'>,
  cache: LayerCache | CacheReport,
  times: Promise<number[] | null> | null,
): Promise<Step[]> {
  const sizes = 'store' in cache ? new Map<string, number>() : cache.sizes();
  const steps = told.map((step, at): Step => {
    const layers = step.source === 'restored' ? [...(described[at]?.trace?.layers ?? [])] : [];
    const bytes = layers.map(([digest, seen]) => Math.max(seen, sizes.get(digest) ?? 0));
    return { ...step, bytesFetched: bytes.reduce((all, one) => all + one, 0) };
  });
  const isDoubtful = ({ source, instruction }: Step) => source === 'local' && instruction !== 'FROM';
  const offered = !('store' in cache) && cache.report().outcome === 'restored';
  if (!offered || started === null || !steps.some(isDoubtful)) return steps;
  const made = await times;
  if (!made || !wasEmpty(made, started)) return steps;
  return steps.map((step) => (isDoubtful(step) ? { ...step, source: 'restored' } : step));
}

/** A report with the causes of its misses, as compared with another report. */
export function explainReports(old: Report, now: Report): Report {
  const before = recordIn(old, 'first');
  const record = recordIn(now, 'second');
  const steps = now.build.steps;
  // Without a record of its own, all that is known of a build are its steps.
  if (!('steps' in record)) {
    const unknown = steps.map(
      (step) => [step.id, { ...record, root: null, more: 0, cost: step.seconds, consequences: 0 }] as const,
    );
    const ran = unknown.filter((_, at) => steps[at]?.status === 'miss' || steps[at]?.status === 'failed');
    return { ...now, build: withCauses(now.build, new Map(ran), null, null) };
  }
  const compared = 'steps' in before ? before : null;
  const kept = compared && carryOver(record, compared);
  const causes = explain(record, steps, { before, disabled: disabledIn(now), absent: ABSENT });
  return { ...now, build: withCauses(now.build, causes, compared, kept) };
}

/** The cache was switched off for steps of which the report says so; that is no part of the record. */
function disabledIn({ build }: Report): true | string[] {
  const off = build.steps.filter(({ cause }) => cause?.kind === 'cache-disabled');
  return off.length > 0 && off.every(({ cause }) => cause?.detail.includes('`no-cache` '))
    ? true
    : off.map(({ stage }) => stage);
}

function recordIn({ record }: Report, which: string): BuildRecord | Reason {
  if (record === null || record === undefined) return unknown(`The ${which} report has no record of its build in it.`);
  const read = readRecord(record);
  return read.record ?? unknown(`The ${which} report cannot be compared: ${read.reason}.`);
}

function withCauses(
  report: BuildReport,
  causes: ReturnType<typeof explain>,
  compared: BuildRecord | null,
  kept: BuildRecord | null,
): BuildReport {
  const seconds = new Map(kept?.steps.map((step) => [step.id, step.seconds]));
  const steps = report.steps.map((step) => ({ ...step, cause: causes.get(step.id) ?? null }));
  const saved = steps.map(({ id, status }) => (status === 'hit' ? (seconds.get(id) ?? 0) : 0));
  return {
    ...report,
    steps,
    compared: compared && { time: compared.time, commit: compared.commit },
    savedSeconds: saved.reduce((all, one) => all + one, 0),
  };
}

/** The record of the last build, or what to say of every miss where there is none. */
async function lastBuild(cache: LayerCache | CacheReport, file: RecordFile | null): Promise<BuildRecord | Reason> {
  if ('store' in cache && file !== null) {
    return lastRecord(await file.last(), 'This is the first build: none of it is recorded on this machine.');
  }
  if ('store' in cache) {
    return cache.outcome === 'off'
      ? unknown(
          'Nothing is kept of earlier builds, so there is nothing to compare with.',
          'Without `cache: off` the last build is recorded.',
        )
      : unknown(`There is nothing to compare with. ${cache.reason}`);
  }
  const { record, reason } = await cache.last();
  if (reason !== null) return unknown(`The last build cannot be compared: ${reason}.`);
  return lastRecord(record, 'This is the first build: nothing was saved yet that this job may read.');
}

/** @param none what to say where there is none */
function lastRecord(record: string | null, none: string): BuildRecord | Reason {
  if (record === null) return { kind: 'first-build', detail: none, evidence: [], remedy: '' };
  const read = readRecord(record);
  return read.record ?? unknown(`The last build cannot be compared: ${read.reason}.`);
}

function unknown(detail: string, remedy = ''): Reason {
  return { kind: 'unknown', detail, evidence: [], remedy };
}

const ABSENT: Reason = {
  kind: 'not-in-cache',
  detail: 'Nothing that it is made of changed: its result was not in the cache.',
  evidence: [],
  remedy: '',
};

/** Why a result is not there, as far as that is known. */
function absentFrom(cache: LayerCache | CacheReport): Reason {
  if ('store' in cache)
    return {
      ...ABSENT,
      detail: 'Nothing that it is made of changed: the engine has its result no more, and nothing else is kept.',
    };
  const { outcome } = cache.report();
  if (outcome === 'failed')
    return {
      ...ABSENT,
      detail: 'Nothing that it is made of changed: the layer cache failed, and the image was built without it.',
    };
  if (cache.gone > 0) {
    const gone =
      cache.gone === 1
        ? 'one of the layers that were saved is gone'
        : `${cache.gone} of the layers that were saved are gone`;
    const remedy =
      cache.report().store === 'actions'
        ? 'GitHub removes what was not used for a week, and the oldest above the limit of the repository: less in the cache lasts longer.'
        : '';
    return { ...ABSENT, detail: `Nothing that it is made of changed: ${gone}.`, remedy };
  }
  return { ...ABSENT, detail: 'Nothing that it is made of changed: what was saved has no result of it.' };
}
