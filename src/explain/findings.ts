// What the order that the lint complains of cost in this build: the seconds of steps that ran again for no other reason. Pure.

import type { Finding } from '../lint/finding.ts';
import type { Step } from '../report/report.ts';

/** Rules that tell which steps run again when files change, or when a variable does. */
const BY_FILES = new Set([
  'copy-before-install',
  'system-packages-after-copy',
  'volatile-files-copied-early',
  'context-too-broad',
  'remote-add',
]);
const BY_VARIABLES = new Set(['volatile-variable-before-run', 'variable-declared-early']);

/** The findings, with the seconds that they cost in the build of these steps; null where nothing was measured. */
export function withSeconds(findings: readonly Finding[], steps: readonly Step[]): Finding[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const rootOf = (step: Step): Step | undefined => byId.get(step.cause?.root ?? step.id);
  return findings.map((finding) => {
    const wasted = new Set(placesOf(finding, steps).filter((step) => isWasted(finding, step, rootOf(step), steps)));
    const seconds = [...wasted].reduce((all, step) => all + step.seconds, 0);
    return wasted.size === 0 ? finding : { ...finding, seconds };
  });
}

/** The steps of the lines that a finding relates to. */
function placesOf({ related }: Finding, steps: readonly Step[]): Step[] {
  return related.flatMap(({ line }) => stepsAt(line, steps));
}

/** The steps, one a platform, of the instruction in which a line is. */
function stepsAt(line: number, steps: readonly Step[]): Step[] {
  const start = Math.max(...steps.map((step) => (step.line !== null && step.line <= line ? step.line : 0)));
  return steps.filter((step) => step.line === start);
}

function isWasted(finding: Finding, step: Step, root: Step | undefined, steps: readonly Step[]): boolean {
  if (!root?.cause || (step.status !== 'miss' && step.status !== 'failed')) return false;
  const { kind, evidence, more } = root.cause;
  if (BY_VARIABLES.has(finding.rule)) {
    return kind === 'variable-changed' && evidence.every((line) => line.endsWith(`, line ${finding.line}`));
  }
  if (!BY_FILES.has(finding.rule) || kind !== 'files-changed' || root === step) return false;
  const places = [...stepsAt(finding.line, steps), ...placesOf(finding, steps)];
  // A manifest that changed has the install run in any order.
  const needed = evidence.some((line) => finding.message.includes(line.replace(/^\w+ (.*\/)?/, '').replace(/ .*/, '')));
  return places.includes(root) && !needed && more === 0;
}
