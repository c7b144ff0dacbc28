// What the workflow gets back: the action's outputs. Pure.

import { countReasons, reasonsOf } from './report/reasons.ts';
import { countSteps, type Report } from './report/report.ts';

/** The outputs and what they hold; action.yml and the README are made from this. */
export const OUTPUTS = {
  outcome: 'success or failure.',
  imageid: 'Id of the image.',
  digest: 'Digest of the image: as the registry gives it where it was pushed, else as the builder does.',
  hits: 'Number of steps that were reused.',
  misses: 'Number of steps that ran.',
  'root-misses': 'Number of steps that ran although everything before them was reused.',
  cause:
    'Why the dearest of them ran: first-build, instruction-changed, files-changed, variable-changed, base-image-changed, not-in-cache, cache-disabled or unknown.',
  'miss-seconds': 'Seconds of those steps and of all that ran because of them.',
  'saved-seconds': 'Seconds that the reused steps took when they last ran.',
  'build-seconds': 'Seconds that docker build took.',
  'cache-outcome':
    'restored (layers of an earlier build were offered), empty (there were none), failed (built without them), unusable or off.',
  'net-seconds': 'Seconds that reused steps took when they last ran, less those for restoring and saving.',
  'smoke-outcome': 'passed, failed or skipped.',
  'push-outcome': 'pushed, failed or skipped; empty where push was not asked for.',
  'lint-findings': 'Number of lint findings.',
} as const;

/** The outputs of a job, by name. */
export function outputsOf(report: Report): Record<keyof typeof OUTPUTS, string> {
  const { build, cache, smoke, push, lint, outcome } = report;
  const { hit, miss } = countSteps(build.steps);
  const reasons = reasonsOf(build.steps);
  const { roots, cost } = countReasons(reasons);
  return {
    outcome,
    imageid: build.imageId ?? '',
    digest: push?.pushed.at(-1)?.digest ?? build.digest ?? '',
    hits: String(hit),
    misses: String(miss),
    'root-misses': String(roots),
    cause: reasons[0]?.cause.kind ?? '',
    'miss-seconds': cost.toFixed(1),
    'saved-seconds': build.savedSeconds.toFixed(1),
    'build-seconds': build.seconds.toFixed(1),
    'cache-outcome': cache.outcome,
    'net-seconds': cache.netSeconds.toFixed(1),
    'smoke-outcome': smoke.outcome,
    'push-outcome': push?.outcome ?? '',
    'lint-findings': String(lint.findings.length),
  };
}
