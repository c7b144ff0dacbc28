// What a record takes over from the one before: results that are older than its build, and times. Pure.

import { matchSteps } from './match.ts';
import type { BuildRecord, StepRecord } from './record.ts';

/**
 * The record to keep. A step that a failed build did not come to is kept as it last ran, since that is what there is a
 * result of; one that was reused keeps the time for which it last ran.
 */
export function carryOver(now: BuildRecord, old: BuildRecord): BuildRecord {
  const matches = matchSteps(old.steps, now.steps);
  const steps = now.steps.map((step): StepRecord => {
    const was = matches.get(step.id)?.old;
    if (!was) return step;
    const { id, stage, platform, line, parent, sources } = step;
    if (!step.done && was.done) return { ...was, id, stage, platform, line, parent, sources };
    return { ...step, seconds: step.seconds ?? was.seconds };
  });
  return { ...now, steps };
}
