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

// No Dockerfile needs so many, and lint takes its time for a large one: a file that was made to hang linters is left half
// mended, and the next run goes on.
const MOST = 200;
const MOST_TEXT = 1_000_000;

/**
 * Makes one fix at a time and lints again, since each was worked out for the file as it is. A change that is not for the
 * better is taken back: the finding has to be gone, and no rule may find more than before, syntax errors included. That
 * one rule finds another place in its stead is well: that is then the next.
 */
export function makeFixes<T extends { findings: Finding[] }>(text: string, lint: (text: string) => T): Fixed<T> {
  let linted = lint(text);
  // What was taken back is not tried again while the file is the same.
  let tried: ReadonlySet<string> = new Set();
  const most = Math.min(MOST, 1 + Math.floor(MOST_TEXT / (text.length + 1)));
  for (let tries = 0; tries < most; tries++) {
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
  const [had, has] = [before, after].map(({ findings }) => counted(findings.map(({ rule }) => rule)));
  const [place = ''] = placesOf({ ...before, findings: [mended] });
  const alike = (judged: Judged): number => counted(placesOf(judged)).get(place) ?? 0;
  const isMore = ([rule, count]: [string, number]): boolean => count > (had?.get(rule) ?? 0);
  return alike(after) < alike(before) && ![...(has ?? [])].some(isMore);
}

function counted(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** What each finding is about, in words that stay the same when it moves. */
function placesOf({ text, findings }: Judged): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return findings.map(({ rule, line, endLine }) => [rule, ...lines.slice(line - 1, endLine)].join('\n'));
}
