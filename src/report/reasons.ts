// Why steps were not reused: each cause once, with the steps that it made run and what that cost; and the words for it
// that every rendering shares. Pure.

import { oneLine } from './clean.ts';
import type { Cause, CauseKind, Report, Step } from './report.ts';
import { bytes, count, cut, duration, firstUpper, stepNumber } from './text.ts';

/** A cause, and what came of it. */
export interface Reason {
  cause: Cause;
  /** The steps that missed first, for this same cause: one a platform, or one a stage; the dearest in front. */
  roots: [Step, ...Step[]];
  /** Seconds of these steps and of all that missed because of them. */
  cost: number;
  /** How many steps those others are. */
  consequences: number;
  /** Nothing that changed is to blame: all that there is to tell are a sentence and a sum. */
  general: boolean;
}

/** The kinds of cause in a few words. */
export const CAUSE_WORDS: Record<CauseKind, string> = {
  'first-build': 'first build',
  'instruction-changed': 'instruction changed',
  'files-changed': 'files changed',
  'variable-changed': 'variable changed',
  'base-image-changed': 'base image moved',
  consequence: 'after another step',
  'not-in-cache': 'not in the cache',
  'cache-disabled': 'cache off',
  unknown: 'cause unknown',
};

const GENERAL: readonly CauseKind[] = ['first-build', 'cache-disabled', 'unknown'];

/** Lines of evidence that are shown of one cause; an honest report has no more. */
const MOST_EVIDENCE = 12;
/** Characters of a sentence or of what to do: names of files are in them, which may have any length. */
const LONGEST_SAYING = 1000;
/** Characters in front of a difference that are shown where a line is too long for all. */
const BEFORE = 20;

/** Why steps missed, the most expensive reason first. Causes that are told in the same words are one reason. */
export function reasonsOf(steps: readonly Step[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const step of dearestFirst(steps)) {
    const { cause } = step;
    if (cause === null || cause.kind === 'consequence') continue;
    const { kind, detail, evidence, more, remedy, cost, consequences } = cause;
    const key = JSON.stringify([kind, detail, evidence, more, remedy]);
    const known = reasons.get(key);
    if (!known) {
      const general = GENERAL.includes(kind);
      reasons.set(key, { cause, roots: [step], cost: cost ?? 0, consequences, general });
      continue;
    }
    known.roots.push(step);
    known.cost += cost ?? 0;
    known.consequences += consequences;
  }
  return [...reasons.values()].sort((a, b) => b.cost - a.cost);
}

const dearestFirst = (steps: readonly Step[]): Step[] =>
  [...steps].sort((a, b) => (b.cause?.cost ?? 0) - (a.cause?.cost ?? 0));

/** How many steps missed first, and what that cost. */
export function countReasons(reasons: Reason[]): { roots: number; cost: number } {
  return {
    roots: reasons.reduce((all, { roots }) => all + roots.length, 0),
    cost: reasons.reduce((all, { cost }) => all + cost, 0),
  };
}

/** What stands above the table of steps. */
export interface Overview {
  /** What the cache saved and what misses cost, in a sentence; null where there is nothing to say. */
  headline: string | null;
  /** The most expensive first. */
  reasons: Reason[];
  /** The build that this one was compared with: `2026-11-20 14:03 UTC, commit 1a2b3c4`; null where nothing came of it. */
  compared: string | null;
}

/** Why the steps of a build were not reused, and what it all comes to. */
export function overview({ build: { steps, savedSeconds, compared } }: Report): Overview {
  const reasons = reasonsOf(steps);
  const saved = savedSeconds > 0 ? `The cache saved ${duration(savedSeconds)}` : null;
  if (reasons.every(({ general }) => general)) {
    const all = steps.every(({ status }) => status === 'hit');
    const every = `Every step came from the cache, which saved ${duration(savedSeconds)}.`;
    return { headline: saved === null ? null : all ? every : `${saved}.`, reasons, compared: null };
  }
  const { roots, cost } = countReasons(reasons);
  const lost = `${roots === 1 ? 'one miss' : `${roots} misses`} cost ${duration(cost)}:`;
  const headline = saved === null ? firstUpper(lost) : `${saved}; ${lost}`;
  return { headline, reasons, compared: compared && comparedText(compared) };
}

function comparedText({ time, commit }: NonNullable<Report['build']['compared']>): string {
  const minute = new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  return `${minute} UTC${commit === '' ? '' : `, commit ${commit.slice(0, 7)}`}`;
}

/** `4 more misses, which cost 3.2 s`: the reasons that are not shown. */
export function leftReasons(reasons: Reason[]): string {
  const { roots, cost } = countReasons(reasons);
  return `${count(roots, 'more miss', 'more misses')}, which cost ${duration(cost)}`;
}

/** `files changed`. */
export const kindText = ({ kind }: Cause): string => CAUSE_WORDS[kind];

/** `7 steps ran, 41.2 s`. */
export function extent({ roots, consequences, cost }: Reason): string {
  return `${count(roots.length + consequences, 'step')} ran, ${duration(cost)}`;
}

/** `cost 41.2 s with 5 steps that followed from it`. */
export function costText({ roots, consequences, cost }: Reason): string {
  const others = count(consequences, 'step');
  const followed = consequences === 0 ? '' : ` with ${others} that followed from ${roots.length === 1 ? 'it' : 'them'}`;
  return `cost ${duration(cost)}${followed}`;
}

/** Where a reason begins: `step 3/7, line 5`, or `steps build 1/3 (line 1), web 1/2 (line 9)`. */
export function placesText({ roots }: Reason, steps: Step[]): string {
  const [{ line }] = roots;
  const elsewhere = roots.some((root) => root.line !== line);
  const named = roots
    .slice(0, 3)
    .map((root) => `${stepNumber(root, steps)}${elsewhere && root.line !== null ? ` (line ${root.line})` : ''}`);
  const more = roots.length > named.length ? ` and ${roots.length - named.length} more` : '';
  const all = `${roots.length === 1 ? 'step' : 'steps'} ${named.join(', ')}${more}`;
  return elsewhere || line === null ? all : `${all}, line ${line}`;
}

/** What a cause says, of no more than readable length: its sentence, what to do, and lines to paste for that. */
export function wordsOf({ detail, remedy }: Cause): { detail: string; todo: string; paste: string[] } {
  const [todo = '', ...paste] = cut(remedy, LONGEST_SAYING).split('\n');
  return { detail: cut(oneLine(detail), LONGEST_SAYING), todo, paste };
}

/**
 * The lines that prove a cause, each of up to `width` characters, and how many are not shown. One file that the sentence
 * names already is not named again.
 */
export function evidenceLines({ detail, evidence, more }: Cause, width: number): string[] {
  const [only = ''] = evidence;
  const named = /^(modified|added|removed) (.*)$/s.exec(only)?.[2];
  if (evidence.length === 1 && more === 0 && detail.startsWith(`\`${named}\` was `)) return [];
  const shown = evidence.slice(0, MOST_EVIDENCE).map(oneLine);
  const left = more + evidence.length - shown.length;
  const lines = shown.map((line, at) => cut(fromDifference(line, partnerOf(shown, at), width), width));
  return [...lines, ...(left > 0 ? [`… and ${left} more`] : [])];
}

/** The new text of an old one, or the other way round: `- RUN a` stands in front of `+ RUN b`. */
function partnerOf(lines: string[], at: number): string | null {
  const sign = lines[at]?.slice(0, 2);
  const partner = sign === '- ' ? lines[at + 1] : sign === '+ ' ? lines[at - 1] : undefined;
  return partner?.startsWith(sign === '- ' ? '+ ' : '- ') ? partner : null;
}

/** Leaves out what two texts begin with, where they are too long to show how they differ. */
function fromDifference(line: string, partner: string | null, width: number): string {
  if (partner === null || Math.max(line.length, partner.length) <= width) return line;
  const [sign, text, other] = [line.slice(0, 2), [...line.slice(2)], [...partner.slice(2)]];
  const differs = text.findIndex((character, at) => character !== other[at]);
  const same = differs < 0 ? text.length : differs;
  // No more than has to be: what follows the difference may be short.
  const from = Math.min(same - BEFORE, Math.max(text.length, other.length) - width + `${sign}…`.length);
  return from > 0 ? `${sign}…${text.slice(from).join('')}` : line;
}

/** What became of a step: `hit`, `restored 30.0 MB`, `miss`, `failed`, `not run`. */
export function statusText({ status, source, bytesFetched }: Step): string {
  if (status === 'not-run') return 'not run';
  if (status !== 'hit' || source !== 'restored') return status;
  return bytesFetched > 0 ? `restored ${bytes(bytesFetched)}` : 'restored';
}

/**
 * Says of each step of a build, in a few words, why it was not reused: `files changed`, or `after 3/7` (of another stage:
 * `after build 3/7`) where another step is to blame; '' where it was reused, and where the one thing to say of all misses stands above the table.
 * @param room characters for the names of platform and stage
 */
export function whyText(steps: Step[], room = Number.POSITIVE_INFINITY): (step: Step) => string {
  const reasons = reasonsOf(steps);
  const told = reasons.length === 1 && reasons.some(({ general, roots }) => general && roots.length > 1);
  const byId = new Map(steps.map((step) => [step.id, step]));
  return ({ cause, id }) => {
    if (cause === null) return '';
    if (cause.kind !== 'consequence') return told ? '' : CAUSE_WORDS[cause.kind];
    const root = byId.get(cause.root ?? '');
    if (!root) return CAUSE_WORDS.consequence;
    const near = homeOf(root.id) === homeOf(id);
    return `after ${near ? `${root.index}/${root.total}` : stepNumber(root, steps, room)}`;
  };
}

/** Platform and stage, of the id of a step. */
const homeOf = (id: string): string => id.slice(0, id.lastIndexOf('/'));
