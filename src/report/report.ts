// The report: data only, as it is written to the JSON file (schemaVersion 1), and what is counted from it. Rendering is
// in summary.ts, terminal.ts and annotations.ts. Names of fields are a public contract: add, never rename.

import type { Finding } from '../lint/finding.ts';

export type StepStatus = 'hit' | 'miss' | 'failed' | 'not-run';

export interface Step {
  /** Unique within the report: platform, stage and number. */
  id: string;
  /** Name of the stage, or `stage-N` as Docker calls a stage without one. */
  stage: string;
  /** The step's number as Docker prints it: `[build 2/6]` has index 2 and total 6. */
  index: number;
  total: number;
  /** Line of the Dockerfile where the instruction begins; null where the builder did not say. */
  line: number | null;
  /** Keyword in upper case. */
  instruction: string;
  /** The instruction as it stands in the Dockerfile, on one line: variables are not expanded, so no value shows. */
  text: string;
  /** hit: the result was reused; miss: it ran; failed: it ran and failed; not-run: it did not run, or was stopped. */
  status: StepStatus;
  /** Where a hit came from. */
  source: 'local' | 'restored' | null;
  /** Time in which the builder worked on it; overlapping intervals count once. */
  seconds: number;
  /** Why it was not reused; null for a step that was, or did not run. */
  cause: Cause | null;
  /** What it fetched for a step that was reused; 0 where nothing was. */
  bytesFetched: number;
  /** Bytes of the files that it added to the image, uncompressed; null where it is no part of that, or it is not known. */
  layerBytes: number | null;
}

export interface Cause {
  kind: CauseKind;
  /** Of a consequence: the step that missed first. Null for that one itself. */
  root: string | null;
  /** One sentence; names of files and variables stand between backticks. */
  detail: string;
  /** The proof, line by line: `modified src/app.js`, `- RUN a`, `+ RUN b`. */
  evidence: string[];
  /** How many lines of evidence there are beyond those. */
  more: number;
  /** What to do, or ''. */
  remedy: string;
  /** Of a root miss: seconds of it and of all steps that missed because of it; else null. */
  cost: number | null;
  /** Of a root miss: how many steps missed because of it. */
  consequences: number;
}

export type CauseKind =
  | 'first-build'
  | 'instruction-changed'
  | 'files-changed'
  | 'variable-changed'
  | 'base-image-changed'
  | 'consequence'
  | 'not-in-cache'
  | 'cache-disabled'
  | 'unknown';

export interface Engine {
  /** Version of the Docker Engine. */
  version: string | null;
  imageStore: 'containerd' | 'overlay2' | 'other' | null;
  builder: 'buildkit' | 'classic';
  driver: string;
}

/** Why a build failed. */
export interface Failure {
  /** The step that failed; null where it was none (a syntax error, a full disk). */
  step: string | null;
  message: string;
  /** The last lines of the step's log. */
  log: string[];
}

export interface BuildReport {
  outcome: 'built' | 'failed';
  engine: Engine;
  imageId: string | null;
  digest: string | null;
  /** From the start of `docker build` to its end. */
  seconds: number;
  steps: Step[];
  /** Work of the builder that belongs to no step, such as sending the context and exporting the image. */
  phases: { name: string; seconds: number }[];
  failure: Failure | null;
  /** Set where the steps cannot be told: one sentence. */
  notice: string | null;
  /** The build that the causes come from a comparison with: when it was (ms since 1970), and its commit, or ''. */
  compared: { time: number; commit: string } | null;
  /** Seconds that the steps which were reused took when they last ran; 0 where that is not known. */
  savedSeconds: number;
}

export interface SmokeReport {
  outcome: 'passed' | 'failed' | 'skipped';
  check: 'exit' | 'running' | 'healthy' | 'port' | 'http' | 'log' | null;
  /** Seconds from the start of the container until the verdict was clear. */
  readySeconds: number | null;
  exitCode: number | null;
  /** What was seen, which check was chosen and why, in one sentence. */
  evidence: string;
  /** The most likely reason of a failure and what to do about it, where it is recognised. */
  reason: string | null;
  /** Line of the Dockerfile with the program that was run: its ENTRYPOINT or CMD; null when a base image brings it. */
  line: number | null;
  /** The signal that ended the program. */
  signal: string | null;
  oomKilled: boolean;
  restarts: number;
  /** What was expected of it and what was seen instead, one by one. */
  conditions: { check: NonNullable<SmokeReport['check']>; expected: string; seen: string; met: boolean }[];
  /** What the last tries of its HEALTHCHECK printed, oldest first. */
  health: string[];
  /** How it took being stopped; null when it had ended, or had failed. */
  stop: StopReport | null;
  /** The last lines that the container printed, both streams. */
  log: string[];
}

export interface StopReport {
  signal: string;
  /** From the signal to its end; null when it had to be killed. */
  seconds: number | null;
  killed: boolean;
  /** Why it had to be killed and what to do about it. */
  notice: string | null;
}

/** A smoke test of which nothing was seen. */
export const NOTHING_SEEN = {
  ...{ check: null, readySeconds: null, exitCode: null, reason: null, line: null, signal: null },
  ...{ oomKilled: false, restarts: 0, conditions: [], health: [], stop: null, log: [] },
} satisfies Partial<SmokeReport>;

export interface PushReport {
  outcome: 'pushed' | 'failed' | 'skipped';
  /** What was pushed, and the digests that the registry knows it by. */
  pushed: { tag: string; digest: string | null }[];
  seconds: number;
  /** Why it was not pushed, or not all of it: one sentence. */
  reason: string | null;
}

export interface LintReport {
  findings: Finding[];
  /** Findings that a comment in the Dockerfile silences. */
  suppressed: number;
  /** Findings of rules that `lint-ignore` names. */
  ignored: number;
}

export interface CacheReport {
  store: 'actions' | 'directory' | 'none';
  /**
   * restored: layers of an earlier build were offered to the engine; empty: there were none; failed: they could not be
   * delivered, and the image was built without them; off: nobody asked for a cache; unusable: it could not be had.
   */
  outcome: 'restored' | 'empty' | 'failed' | 'off' | 'unusable';
  /** What came of it, in sentences. */
  reason: string;
  bytesFetched: number;
  bytesStored: number;
  restoreSeconds: number;
  saveSeconds: number;
  /** Seconds of the steps that were reused, when they last ran − restore − save; the engine's own hits count as well. */
  netSeconds: number;
}

export interface Report {
  schemaVersion: 1;
  dockerfile: string;
  context: string;
  tags: string[];
  lint: LintReport;
  cache: CacheReport;
  build: BuildReport;
  smoke: SmokeReport;
  /** null when nobody asked for it. */
  push: PushReport | null;
  /** What is kept of the build, to explain another one (explain/record.ts), as a text that codec.ts reads; null: nothing is. */
  record: string | null;
  outcome: 'success' | 'failure';
}

/** The texts of the files that were linted, by their names in the findings; they are no part of the report. */
export type Sources = ReadonlyMap<string, string>;

/** The figures of a cache that did nothing. */
export const NO_FIGURES = { bytesFetched: 0, bytesStored: 0, restoreSeconds: 0, saveSeconds: 0, netSeconds: 0 };

/** How many steps there are of each status. */
export function countSteps(steps: Step[]): Record<StepStatus, number> {
  const counts = { hit: 0, miss: 0, failed: 0, 'not-run': 0 };
  for (const { status } of steps) counts[status] += 1;
  return counts;
}

/** Findings that count at `lint: error`: warnings and above. */
export function seriousFindings(findings: Finding[]): Finding[] {
  return findings.filter(({ severity }) => severity !== 'notice');
}

/** The report as the text of its file. */
export function toJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
