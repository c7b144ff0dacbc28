// What a report tells of the steps that ran, in the words of the tables.

import { expect } from '@jest/globals';
import type { Report, Step } from '../../../src/report/report.ts';
import type { Expected } from './experiment.ts';

/** The steps that ran. */
export const missed = ({ build }: Report) =>
  build.steps.filter(({ status }) => status === 'miss' || status === 'failed');

export const kinds = (report: Report) => new Set(missed(report).map(({ cause }) => cause?.kind));

/** A step in the words of the tables. */
function label({ id, line, instruction }: Step): string {
  const platform = /^(linux\/\w+)\/.*\//.exec(id)?.[1];
  return `${platform ? `${platform} ` : ''}${line} ${instruction}`;
}

const NO_CAUSE = { kind: null, root: null, detail: '', evidence: [], remedy: '' };

/** What the report tells of the misses, as far as the table asks for it: so that what differs is shown side by side. */
export function told(report: Report, wanted: Record<string, Expected>): Record<string, unknown> {
  const names = new Map(report.build.steps.map((step) => [step.id, label(step)]));
  return Object.fromEntries(
    missed(report).map((step) => {
      const name = names.get(step.id) ?? '';
      const { kind, root, detail, evidence, remedy } = step.cause ?? NO_CAUSE;
      const { says, silent, ...rest } = wanted[name] ?? { kind: null };
      const all = [detail, ...evidence, remedy].join('\n');
      const asked = {
        ...('evidence' in rest ? { evidence } : {}),
        ...(says ? { says: says.every((one) => all.includes(one)) ? says : all } : {}),
        ...(silent ? { silent: silent.some((one) => all.includes(one)) ? all : silent } : {}),
        ...(root === null ? {} : { root: names.get(root) ?? root }),
        ...(step.status === 'failed' ? { failed: true } : {}),
      };
      return [name, { kind, ...asked }];
    }),
  );
}

/** What must hold of every explained build. */
export function sumsUp(report: Report): void {
  const { steps } = report.build;
  for (const { cause, status, id, seconds } of steps) {
    if (status !== 'miss' && status !== 'failed') expect(cause).toBeNull();
    else if (cause?.root != null) {
      expect(cause).toMatchObject({ kind: 'consequence', cost: null, consequences: 0 });
      expect(steps.find((step) => step.id === cause.root)?.cause).toMatchObject({ root: null });
    } else {
      const followed = steps.filter((step) => step.cause?.root === id);
      expect(cause?.consequences).toBe(followed.length);
      expect(cause?.cost).toBeCloseTo(
        followed.reduce((all, step) => all + step.seconds, seconds),
        6,
      );
      expect(cause?.detail).toMatch(/\.$/);
    }
  }
}
