// Two reports of builds → what became of each step from one to the other, as text for a terminal. Pure.

import { oneLine } from './clean.ts';
import { type Display, paint } from './display.ts';
import { whyText } from './reasons.ts';
import type { Report, Step } from './report.ts';
import { type Column, fits, table } from './table.ts';
import { LONGEST_NAME, placeColumns, reasonsText, styleOf, timeText } from './terminal-steps.ts';
import { builtText, duration } from './text.ts';

/**
 * Two builds side by side: how they went, why steps missed in the new one, and all steps.
 * @param explained the new report, its causes being those that a comparison with the old one gave
 */
export function comparisonText(old: Report, explained: Report, display: Display): string {
  const built = (name: string, report: Report): string =>
    `  ${paint('dim', name, display)}  ${oneLine(report.dockerfile)} · ${builtText(report).join(' · ')}`;
  const more = explained.build.seconds - old.build.seconds;
  const difference = `  ${duration(Math.abs(more))} ${more > 0 ? 'slower' : 'faster'}`;
  return [
    [built('old', old), built('new', explained), paint('bold', difference, display)].join('\n'),
    reasonsText(explained, display),
    stepTable(old.build.steps, explained.build.steps, display),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

/** The steps of the new build beside what they were in the old one; then those that are gone. */
function stepTable(old: Step[], steps: Step[], display: Display): string {
  const before = pair(old, steps);
  const gone = old.filter((step) => !before.includes(step));
  if (steps.length + gone.length === 0) return '';
  const [numbers, lines, texts] = placeColumns(steps);
  const why = whyText(steps, LONGEST_NAME);
  const nothing = gone.map(() => ({ text: '' }));
  const places: Column[] = [
    { ...numbers, cells: [...numbers.cells, ...nothing] },
    { ...lines, cells: [...lines.cells, ...nothing] },
    { ...texts, cells: [...texts.cells, ...gone.map(({ text }) => ({ text: oneLine(text) }))] },
    { head: 'old', align: 'right', cells: [...before, ...gone].map((step) => ({ text: result(step), style: 'dim' })) },
    {
      head: 'new',
      align: 'right',
      cells: [
        ...steps.map((step) => ({ text: result(step), style: styleOf(step) })),
        ...gone.map(() => ({ text: result(null) })),
      ],
    },
  ];
  const all = [...places, { head: 'why', cells: [...steps.map((step) => ({ text: why(step) })), ...nothing] }];
  return table(fits(all, display) ? all : places, display).join('\n');
}

/** `miss 12.3 s`; of a step that the build did not have, a dash. */
function result(step: Step | null): string {
  return step === null ? '–' : `${step.status === 'not-run' ? 'not run' : step.status} ${timeText(step)}`.trimEnd();
}

/**
 * What each step was in the old build: the first that reads the same in the same stage and for the same platform, or else
 * for the same platform, or else anywhere, or else the one in its place; null for a step that is new. Each old step is one
 * new step at most.
 */
function pair(old: Step[], steps: Step[]): (Step | null)[] {
  const result: (Step | null)[] = steps.map(() => null);
  const left = new Set(old);
  const ways: ((step: Step) => string)[] = [
    ({ id, index, text }) => `${id.slice(0, -String(index).length)} ${text}`,
    ({ id, stage, index, text }) => `${id.slice(0, -`${stage}/${index}`.length)} ${text}`,
    ({ text }) => text,
    ({ id, instruction }) => `${id} ${instruction}`,
  ];
  for (const way of ways) {
    const known = new Map<string, Step[]>();
    for (const step of left) known.set(way(step), [...(known.get(way(step)) ?? []), step]);
    for (const [at, step] of steps.entries()) {
      const match = result[at] ? undefined : known.get(way(step))?.shift();
      if (!match) continue;
      result[at] = match;
      left.delete(match);
    }
  }
  return result;
}
