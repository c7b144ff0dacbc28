// Makes the safe fixes of a file, one after another. Pure: who calls it reads and writes.
import { applyEdits } from './edits.ts';
import type { Finding } from './finding.ts';

/** A file with its safe fixes made, and what the lint says of it then. */
export interface Fixed<T> {
  text: string;
  linted: T;
  /** The findings that are left; none of them has a fix. */
  findings: Finding[];
}

// Nobody needs so many; a file that was made to hang linters may have more.
const MOST = 200;

/**
 * Makes one fix at a time and lints again, since each was worked out for the file as it is. A change that is not for the
 * better is taken back: the finding has to be gone, and no rule may find more than before, syntax errors included. That
 * one rule finds another place in its stead is well: that is then the next.
 */
export function makeFixes<T extends { findings: Finding[] }>(text: string, lint: (text: string) => T): Fixed<T> {
  let linted = lint(text);
  // What was taken back is not tried again while the file is the same.
  let tried: ReadonlySet<string> = new Set();
  for (let tries = 0; tries < MOST; tries++) {
    const next = linted.findings.find(({ fix }) => fix !== null && !tried.has(JSON.stringify(fix)));
    if (!next?.fix) break;
    const changed = applyEdits(text, next.fix.edits);
    const after = lint(changed);
    const better = isBetter({ text, ...linted }, { text: changed, ...after }, next);
    tried = better ? new Set() : new Set([...tried, JSON.stringify(next.fix)]);
    if (better) [text, linted] = [changed, after];
  }
  return { text, linted, findings: linted.findings.map((finding) => ({ ...finding, fix: null })) };
}

interface Judged {
  text: string;
  findings: readonly Finding[];
}

/** Whether a finding is gone in the changed text, and nothing has come instead that was not there. */
export function isBetter(before: Judged, after: Judged, mended: Finding): boolean {
  const place = placeOf(before.text, mended);
  const alike = ({ text, findings }: Judged) => findings.filter((one) => placeOf(text, one) === place).length;
  const ofRule = ({ findings }: Judged, rule: string) => findings.filter((one) => one.rule === rule).length;
  return (
    alike(after) < alike(before) && after.findings.every(({ rule }) => ofRule(after, rule) <= ofRule(before, rule))
  );
}

/** What a finding is about, in words that stay the same when it moves. */
function placeOf(text: string, { rule, line, endLine }: Finding): string {
  const lines = text.split('\n').slice(line - 1, endLine);
  return [rule, ...lines.map((one) => one.trim())].join('\n');
}
