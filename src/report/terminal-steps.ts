// Steps in a terminal: why some were not reused, and the table of them all. Pure.

import { oneLine } from './clean.ts';
import { type Display, paint, type Style } from './display.ts';
import {
  costText,
  evidenceLines,
  extent,
  kindText,
  leftReasons,
  overview,
  placesText,
  type Reason,
  statusText,
  whyText,
  wordsOf,
} from './reasons.ts';
import type { Report, Step, StepStatus } from './report.ts';
import { type Cell, type Column, fits, table } from './table.ts';
import { bar, cut, duration, firstUpper, layerText, notablePhases, stepNumber, wrap } from './text.ts';

/** Reasons that are shown; the table has all of them in a few words. */
const MOST_REASONS = 10;
/** Characters of the names of platform and stage in a table. */
export const LONGEST_NAME = 24;
const STYLES: Record<StepStatus, Style> = { hit: 'green', miss: 'yellow', failed: 'red', 'not-run': 'dim' };

/** Why steps were not reused, the most expensive reason first, and what the cache saved; '' where nothing is known. */
export function reasonsText(report: Report, display: Display): string {
  const { headline, reasons, compared } = overview(report);
  const left = reasons.slice(MOST_REASONS);
  return [
    ...(headline === null ? [] : [`  ${paint('bold', headline, display)}`]),
    ...reasons.slice(0, MOST_REASONS).map((reason) => reasonText(reason, report, display)),
    ...(left.length === 0 ? [] : [`  … and ${leftReasons(left)}`]),
    ...(compared === null ? [] : [paint('dim', `  compared with the build of ${compared}`, display)]),
  ].join('\n\n');
}

/** A reason: a place to click on, what kind it is and what it cost; then the step, the proof, and what to do. */
function reasonText(reason: Reason, report: Report, display: Display): string {
  const { cause, roots, general } = reason;
  const { detail, todo, paste } = wordsOf(cause);
  const lines = wrap(detail, display.width - 4).map((line) => `    ${line}`);
  const proof = evidenceLines(cause, display.width - 6).map((line) => `    │ ${evidence(line, display)}`);
  const remedy = [
    ...wrap(todo, display.width - 6).map((line, at) => `    ${at === 0 ? '→' : ' '} ${line}`),
    ...paste.map((line) => `        ${line}`),
  ];
  const [{ line, text }] = roots;
  const place = `${oneLine(report.dockerfile)}:${line === null ? '' : `${line}:`}`;
  const cost = costText(reason);
  const beside = `  ${place} ${kindText(cause)}, ${cost}`.length <= display.width;
  const head = general
    ? `  ${paint('bold', firstUpper(kindText(cause)), display)}: ${extent(reason)}`
    : `  ${paint('bold', place, display)} ${paint('yellow', kindText(cause), display)}${beside ? ', ' : '\n    '}${cost}`;
  const step = cut(`    ${placesText(reason, report.build.steps)}: ${oneLine(text)}`, display.width);
  return [head, ...(general && roots.length > 1 ? [] : [step]), ...lines, ...proof, ...remedy].join('\n');
}

/** A line of evidence, coloured as a difference is. */
function evidence(line: string, display: Display): string {
  const style = line.startsWith('+ ') ? 'green' : line.startsWith('- ') ? 'red' : null;
  return style === null ? line : paint(style, line, display);
}

/** All steps: their place, what became of them and why, and their time. */
export function stepTable(report: Report, display: Display): string {
  const { steps } = report.build;
  if (steps.length === 0) return '';
  const longest = steps.reduce((most, { seconds }) => Math.max(most, seconds), 0);
  const why = whyText(steps, LONGEST_NAME);
  const places = placeColumns(steps);
  const cache = (words: boolean): Cell[] =>
    steps.map((step) => ({
      text: [statusText(step), ...(words && why(step) !== '' ? [why(step)] : [])].join(' · '),
      style: styleOf(step),
    }));
  const sizes: Column = { head: 'layer', align: 'right', cells: steps.map((step) => ({ text: layerText(step) })) };
  const sized = sizes.cells.some(({ text }) => text !== '');
  const columns = (words: boolean, layers: boolean, bars: number): Column[] => [
    ...places,
    { head: 'cache', cells: cache(words) },
    ...(layers ? [sizes] : []),
    { head: 'time', align: 'right', cells: steps.map((step) => ({ text: timeText(step) })) },
    { head: '', cells: steps.map((step) => ({ text: bar(step.seconds, longest, bars), style: STYLES[step.status] })) },
  ];
  // Words say more than numbers do, and numbers more than bars.
  const layouts = [true, false].flatMap((words) =>
    (sized ? [true, false] : [false]).flatMap((layers) => [12, 6, 0].map((bars) => columns(words, layers, bars))),
  );
  const chosen = layouts.find((layout) => fits(layout, display)) ?? columns(false, false, 0);
  const phases = notablePhases(report);
  const besides = phases.length > 0 ? [paint('dim', `  besides the steps: ${phases.join(', ')}`, display)] : [];
  return [...table(chosen, display), ...besides].join('\n');
}

/** Where steps stand: their numbers, their lines, and their instructions, which give way. */
export function placeColumns(steps: Step[]): [Column, Column, Column] {
  return [
    { head: 'step', cells: steps.map((step) => ({ text: stepNumber(step, steps, LONGEST_NAME) })) },
    { head: 'line', align: 'right', cells: steps.map(({ line }) => ({ text: String(line ?? '') })) },
    { head: 'instruction', gives: true, cells: steps.map(({ text }) => ({ text: oneLine(text) })) },
  ];
}

/** What only followed from another step stands back behind where it began. */
export function styleOf({ status, cause }: Step): Style {
  return status === 'miss' && cause?.kind === 'consequence' ? 'dim' : STYLES[status];
}

/** The time of a step; '' for one that never began. */
export function timeText({ status, seconds }: Step): string {
  return status === 'not-run' && seconds === 0 ? '' : duration(seconds);
}
