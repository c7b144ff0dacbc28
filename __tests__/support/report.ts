// A report to render: small, but with one of everything.

import { type Cause, NOTHING_SEEN, type Report, type Step } from '../../src/report/report.ts';

export function step(change: Partial<Step> = {}): Step {
  return {
    id: 'stage-0/2',
    stage: 'stage-0',
    index: 2,
    total: 3,
    line: 2,
    instruction: 'RUN',
    text: 'RUN npm ci',
    status: 'miss',
    source: null,
    seconds: 12.34,
    cause: null,
    bytesFetched: 0,
    layerBytes: null,
    ...change,
  };
}

export function cause(change: Partial<Cause> = {}): Cause {
  return {
    kind: 'files-changed',
    root: null,
    detail: '`src/app.js` is not what it was.',
    evidence: ['modified src/app.js'],
    more: 0,
    remedy: '',
    cost: 12.34,
    consequences: 0,
    ...change,
  };
}

/** The cause of a step that ran because of another one. */
export const after = (root: string): Cause =>
  cause({ kind: 'consequence', root, detail: 'A step in front of it ran.', evidence: [], cost: null });

/** A report of a build with these steps. */
export function reportOf(steps: Step[], change: Partial<Report['build']> = {}): Report {
  const { build } = report();
  return report({ build: { ...build, steps, phases: [], ...change } });
}

/** A build in which a changed file made three of six steps run; one of the others was fetched. */
export function explainedReport(): Report {
  const six = (index: number, text: string, change: Partial<Step> = {}): Step => {
    const instruction = text.split(' ')[0] ?? '';
    const id = `stage-0/${index}`;
    return step({ id, index, total: 6, line: index, instruction, text, status: 'hit', seconds: 0.02, ...change });
  };
  const source = cause({
    detail: '2 of 118 files are not what they were.',
    evidence: ['modified src/app.js', 'added src/login.js'],
    more: 3,
    remedy: 'Copy `package.json` first:\nCOPY package.json ./',
    cost: 41.2,
    consequences: 2,
  });
  return reportOf(
    [
      six(1, 'FROM node:24', { source: 'local' }),
      six(2, 'WORKDIR /app', { source: 'restored', layerBytes: 4096 }),
      six(3, 'RUN apt-get update', { source: 'restored', bytesFetched: 30_012_918, seconds: 1.2 }),
      six(4, 'COPY . .', { status: 'miss', seconds: 0.3, cause: source }),
      six(5, 'RUN npm ci', { status: 'miss', seconds: 34.7, cause: after('stage-0/4'), layerBytes: 212_345_678 }),
      six(6, 'RUN npm run build', { status: 'miss', seconds: 6.2, cause: after('stage-0/4') }),
    ],
    { savedSeconds: 52.1, compared: { time: Date.UTC(2026, 10, 20, 14, 3), commit: '1a2b3c4d5e6f' } },
  );
}

export function report(change: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    dockerfile: 'Dockerfile',
    context: '.',
    tags: ['app:1'],
    lint: { findings: [], suppressed: 0, ignored: 0 },
    cache: {
      store: 'none',
      outcome: 'off',
      reason: '',
      bytesFetched: 0,
      bytesStored: 0,
      restoreSeconds: 0,
      saveSeconds: 0,
      netSeconds: 0,
    },
    build: {
      outcome: 'built',
      engine: { version: '28.5.2', imageStore: 'containerd', builder: 'buildkit', driver: 'docker' },
      imageId: 'sha256:1',
      digest: null,
      seconds: 13.6,
      steps: [
        step({
          id: 'stage-0/1',
          index: 1,
          line: 1,
          instruction: 'FROM',
          text: 'FROM node:24',
          status: 'hit',
          source: 'local',
          seconds: 0.02,
        }),
        step(),
        step({ id: 'stage-0/3', index: 3, line: 3, instruction: 'COPY', text: 'COPY . .', seconds: 0.2 }),
      ],
      phases: [
        { name: 'export the image', seconds: 1.04 },
        { name: 'read the Dockerfile', seconds: 0.01 },
      ],
      failure: null,
      notice: null,
      compared: null,
      savedSeconds: 0,
    },
    smoke: {
      ...NOTHING_SEEN,
      outcome: 'passed',
      check: 'running',
      readySeconds: 3,
      evidence: 'node server.js is still running after 3 s',
    },
    push: null,
    outcome: 'success',
    record: null,
    ...change,
  };
}

/** The same report of a job that failed: the build's second step ended with exit code 1. */
export function failedReport(): Report {
  const { build, ...rest } = report();
  return {
    ...rest,
    build: {
      ...build,
      outcome: 'failed',
      imageId: null,
      seconds: 12.5,
      steps: build.steps.map((one) =>
        one.index === 1
          ? one
          : { ...one, status: one.index === 2 ? 'failed' : 'not-run', seconds: one.index === 2 ? 12.34 : 0 },
      ),
      phases: [],
      failure: {
        step: 'stage-0/2',
        message: 'RUN ended with exit code 1',
        log: ['npm error code E404', 'npm error <b>|`x`'],
      },
    },
    lint: {
      findings: [
        {
          rule: 'copy-before-install',
          severity: 'warning',
          confidence: 'high',
          file: 'Dockerfile',
          line: 3,
          endLine: 3,
          column: 1,
          endColumn: 9,
          message: 'Every change to a file re-runs `npm ci`.',
          remedy: 'Copy the manifests first:\nCOPY package.json ./',
          related: [],
          seconds: null,
          fix: null,
        },
      ],
      suppressed: 1,
      ignored: 2,
    },
    smoke: { ...NOTHING_SEEN, outcome: 'skipped', evidence: 'There is no image to run.' },
    outcome: 'failure',
  };
}
