// Why each step of a build was not reused: which missed first, which only followed, and what had changed. Pure.
//
// A step's cache key is made of its operation, of what it reads from outside, and of the key of the step it stands on. So
// a step that ran below one that ran is a consequence. One that ran below steps that were reused is a root miss, and its
// cause is looked for in itself, then in the order of what it stands on, then in what changed further down: a step may
// change and be found all the same, in a cache that knows nothing of what stood on it. Where nothing changed, its result
// was not in the cache. Nothing is guessed: what the two records do not prove is unknown.

import type { Cause, CauseKind, Step } from '../report/report.ts';
import { type Change, changesOf, label } from './difference.ts';
import { type Match, matchSteps } from './match.ts';
import type { BuildRecord, Source, StepRecord } from './record.ts';

/** A cause without what the other steps add to it. */
export type Reason = Pick<Cause, 'kind' | 'detail' | 'evidence' | 'remedy'>;

export interface Circumstances {
  /** The record of the build to compare with; or what to say of every miss where there is none. */
  before: BuildRecord | Reason;
  /** Stages whose cache was not to be used; true: of all. */
  disabled: true | readonly string[];
  /** What to say of a step whose result should have been there. */
  absent: Reason;
}

/** Lines of evidence that are kept. */
const MOST_EVIDENCE = 10;

/**
 * The causes of the steps that ran, by their ids.
 * @param steps the steps of the report: what ran, and for how long
 */
export function explain(
  record: BuildRecord,
  steps: readonly Pick<Step, 'id' | 'status' | 'seconds'>[],
  circumstances: Circumstances,
): Map<string, Cause> {
  const ran = new Set(steps.filter(({ status }) => status === 'miss' || status === 'failed').map(({ id }) => id));
  const reasons = new Explainer(record, ran, circumstances);
  const causes = new Map<string, Cause>();
  const seconds = new Map(steps.map((step) => [step.id, step.seconds]));
  for (const step of record.steps) {
    if (!ran.has(step.id)) continue;
    const { root, ...reason } = reasons.of(step);
    const evidence = reason.evidence.slice(0, MOST_EVIDENCE);
    const cost = root === null ? (seconds.get(step.id) ?? 0) : null;
    causes.set(step.id, {
      ...reason,
      root,
      evidence,
      more: reason.evidence.length - evidence.length,
      cost,
      consequences: 0,
    });
  }
  for (const [id, { root }] of causes) {
    const cause = root === null ? undefined : causes.get(root);
    if (!cause) continue;
    cause.cost = (cause.cost ?? 0) + (seconds.get(id) ?? 0);
    cause.consequences += 1;
  }
  return causes;
}

class Explainer {
  readonly #now: BuildRecord;
  readonly #old: BuildRecord | null;
  readonly #ran: ReadonlySet<string>;
  readonly #circumstances: Circumstances;
  readonly #byId: ReadonlyMap<string, StepRecord>;
  readonly #matches: ReadonlyMap<string, Match>;
  /** Earlier step → what it is now. */
  readonly #later: ReadonlyMap<StepRecord, StepRecord>;
  readonly #oldById: ReadonlyMap<string, StepRecord>;
  readonly #roots = new Map<string, string>();

  constructor(now: BuildRecord, ran: ReadonlySet<string>, circumstances: Circumstances) {
    this.#now = now;
    this.#ran = ran;
    this.#circumstances = circumstances;
    this.#old = 'steps' in circumstances.before ? circumstances.before : null;
    this.#byId = new Map(now.steps.map((step) => [step.id, step]));
    this.#matches = this.#old ? matchSteps(this.#old, now) : new Map();
    this.#oldById = new Map(this.#old?.steps.map((step) => [step.id, step]));
    this.#later = new Map(
      now.steps.flatMap((step) => {
        const match = this.#matches.get(step.id);
        return match ? [[match.old, step] as const] : [];
      }),
    );
  }

  of(step: StepRecord): Reason & { root: string | null } {
    const { before } = this.#circumstances;
    if (this.#isDisabled(step)) return { ...disabled(this.#circumstances.disabled), root: null };
    if (!('steps' in before) && before.kind === 'first-build') return { ...before, root: null };
    const behind = this.#behind(step);
    if (behind) return { ...this.#consequence(step, behind), root: this.#rootOf(behind.input) };
    if (!('steps' in before)) return { ...before, root: null };
    return { ...this.#rootCause(step), root: null };
  }

  #isDisabled({ stage, instruction }: StepRecord): boolean {
    const { disabled } = this.#circumstances;
    if (instruction === 'FROM') return false;
    return disabled === true || disabled.some((name) => name.toLowerCase() === stage);
  }

  /** Did a step run, so that nothing on top of it can be reused? An image that is only pulled is what it was. */
  #isBroken(step: StepRecord): boolean {
    if (!this.#ran.has(step.id)) return false;
    return (
      step.instruction !== 'FROM' ||
      this.#old === null ||
      this.#ownChanges(step).length > 0 ||
      !this.#matches.has(step.id)
    );
  }

  /**
   * The step that this one only follows, and the way from there to here. Below a step that ran nothing is reused; what is
   * copied or mounted from one goes by its content, which may have come out the same: where the step itself changed as
   * well, that alone is proven.
   */
  #behind(step: StepRecord): { input: StepRecord; way: string } | undefined {
    const [behind] = this.#inputsOf(step).filter(({ input }) => this.#isBroken(input));
    const isNew = this.#old !== null && !this.#matches.has(step.id);
    const isProven = isNew || this.#ownChanges(step).some(({ kind }) => kind !== 'unknown');
    return behind && (behind.input.id === step.parent || !isProven) ? behind : undefined;
  }

  #inputsOf(step: StepRecord): { input: StepRecord; way: string }[] {
    const parent = this.#byId.get(step.parent ?? '');
    const way = parent?.stage === step.stage ? '' : `FROM ${parent?.stage}`;
    const sources = step.sources.map(({ step: id, way }) => ({ input: this.#byId.get(id), way: WAYS[way] }));
    return [{ input: parent, way }, ...sources].flatMap(({ input, way }) => (input ? [{ input, way }] : []));
  }

  /** The step that missed first, of those that led to this one. */
  #rootOf(step: StepRecord): string {
    const way = new Set<string>();
    let at = step;
    for (;;) {
      const known = this.#roots.get(at.id);
      const behind: StepRecord | undefined = known || this.#isDisabled(at) ? undefined : this.#behind(at)?.input;
      way.add(at.id);
      // No builder makes a circle, but what reads its output may err.
      if (!behind || way.has(behind.id)) {
        for (const id of way) this.#roots.set(id, known ?? at.id);
        return known ?? at.id;
      }
      at = behind;
    }
  }

  #consequence(step: StepRecord, { input, way }: { input: StepRecord; way: string }): Reason {
    const root = this.#byId.get(this.#rootOf(input));
    const own = this.#ownChanges(step).filter(({ kind }) => kind !== 'unknown');
    const through = way === '' ? '' : ` through ${way}`;
    const also = own.length > 0 ? ` It changed itself as well: ${own.map(({ detail }) => detail).join(' ')}` : '';
    const detail = `It follows from ${label(root ?? input, 40)}${through}.${also}`;
    return { kind: 'consequence', detail, evidence: own.flatMap(({ evidence }) => evidence), remedy: '' };
  }

  #rootCause(step: StepRecord): Reason {
    const match = this.#matches.get(step.id);
    if (!match) return this.#newStep(step);
    const own = this.#ownChanges(step);
    const proven = own.filter(({ kind }) => kind !== 'unknown');
    if (proven.length > 0) return together([...this.#imageBehind(step, proven), ...proven]);
    const moved = this.#orderChange(step, match);
    if (moved) return moved;
    const below = this.#changeBelow(step);
    if (below) return below;
    const [unproven] = own;
    if (unproven) return unproven;
    if (step.instruction === 'FROM') return PULLED;
    if (!match.old.done)
      return {
        kind: 'not-in-cache',
        detail: 'The last build failed here or above, so it left no result of this step.',
        evidence: [],
        remedy: '',
      };
    return this.#unseen(step) ?? this.#circumstances.absent;
  }

  /** The change of the image below, where all that changed of a step are variables, and it is no line that brings them. */
  #imageBehind(step: StepRecord, changes: readonly Change[]): Change[] {
    if (!changes.every(({ isOfImage }) => isOfImage)) return [];
    const base = this.#inputsOf(step).find(({ input }) => input.id === step.parent)?.input;
    if (!base) return [];
    return base.instruction === 'FROM'
      ? this.#ownChanges(base).filter(({ kind }) => kind !== 'unknown')
      : this.#imageBehind(base, changes);
  }

  /** What may have changed unseen, of a step and of what it stands on: then it cannot be said that nothing did. */
  #unseen(step: StepRecord): Reason | null {
    const chain = new Set([step]);
    // A set yields what is added while it is walked.
    for (const at of chain) {
      const files = [at, this.#matches.get(at.id)?.old].some((one) => one === undefined || one.files === null);
      const images = [...at.images, ...(this.#matches.get(at.id)?.old.images ?? [])];
      const image = images.some(({ digest }) => digest === null);
      if (files || image) {
        const what = files ? 'the files that it reads are not recorded' : 'the digest of its image is not known';
        const detail = `Nothing is known to have changed, but of ${label(at)} ${what}.`;
        return { kind: 'unknown', detail, evidence: [], remedy: '' };
      }
      for (const { input } of this.#inputsOf(at)) chain.add(input);
    }
    return null;
  }

  #ownChanges(step: StepRecord): Change[] {
    const match = this.#matches.get(step.id);
    if (!match || !this.#old) return [];
    return changesOf(match.old, step, { old: this.#old, now: this.#now });
  }

  #newStep(step: StepRecord): Reason {
    const stageIsNew = this.#now.steps.every(({ id, stage }) => stage !== step.stage || !this.#matches.has(id));
    if (stageIsNew) {
      const detail = `The stage \`${step.stage}\` was no part of the build that this one is compared with.`;
      return { kind: 'first-build', detail, evidence: [], remedy: '' };
    }
    const gone = this.#oldAbove(step);
    const evidence = [...gone.map(({ text }) => `- ${text}`), `+ ${step.text}`];
    return { kind: 'instruction-changed', detail: 'The instruction is new.', evidence, remedy: '' };
  }

  /** Earlier steps in the place of a new one. */
  #oldAbove(step: StepRecord): StepRecord[] {
    const parent = this.#matches.get(step.parent ?? '')?.old;
    if (!parent) return [];
    return (this.#old?.steps ?? []).filter(
      (old) => old.parent === parent.id && old.stage === parent.stage && !this.#later.has(old),
    );
  }

  /** Stands the step on others than it did? */
  #orderChange(step: StepRecord, { old }: Match): Reason | null {
    const above = standsOn(step, this.#byId);
    const before = standsOn(old, this.#oldById);
    const fresh = above.filter(({ id }) => !this.#matches.has(id));
    const gone = before.filter((was) => !this.#later.has(was));
    const change = (detail: string, evidence: string[]): Reason => ({
      ...{ kind: 'instruction-changed', detail, evidence, remedy: '' },
    });
    const [first] = fresh;
    if (first) return change(`${label(first)} is new above it.`, [...gone.map(minus), ...fresh.map(plus)]);
    const [lost] = gone;
    if (lost) return change(`${label({ ...lost, line: null })}, which stood above it, is gone.`, gone.map(minus));
    const now = above.map(({ id }) => this.#matches.get(id)?.old);
    const moved =
      above.find((_, at) => now[at] !== before[at]) ?? (above.length < before.length ? above.at(-1) : undefined);
    if (!moved)
      return above.length < before.length ? change('It stands elsewhere than it did.', before.map(minus)) : null;
    return change(`It stands below ${label(moved)} now.`, [...before.map(minus), ...above.map(plus)]);
  }

  /** A change in what it stands on, where that was reused all the same; the nearest one. */
  #changeBelow(step: StepRecord): Reason | null {
    const seen = new Set<string>();
    const next = this.#inputsOf(step).map(({ input }) => input);
    for (const at of next) {
      if (seen.has(at.id)) continue;
      seen.add(at.id);
      const match = this.#matches.get(at.id);
      const order = match && this.#orderChange(at, match);
      const changes = this.#ownChanges(at).filter(({ kind }) => kind !== 'unknown');
      const found = changes.length > 0 ? together(changes) : order;
      const name = label(at);
      if (at.instruction === 'FROM' && found) return { ...found, detail: `${name}: ${found.detail}` };
      if (found)
        return {
          ...found,
          detail: `${name} is not what it was, and nothing is kept of what stands on it. ${found.detail}`,
        };
      if (!match)
        return {
          kind: 'instruction-changed',
          detail: `${name} is new above it.`,
          evidence: [`+ ${at.text}`],
          remedy: '',
        };
      next.push(...this.#inputsOf(at).map(({ input }) => input));
    }
    return null;
  }
}

/** What a step has right below it. */
function standsOn({ parent, sources }: StepRecord, byId: ReadonlyMap<string, StepRecord>): StepRecord[] {
  const linked = sources.filter(({ way }) => way === 'link').map(({ step }) => step);
  return [parent ?? '', ...linked].flatMap((id) => byId.get(id) ?? []);
}

const minus = ({ text }: StepRecord): string => `- ${text}`;
const plus = ({ text }: StepRecord): string => `+ ${text}`;

const WAYS: Record<Source['way'], string> = { copy: 'COPY --from', mount: 'RUN --mount', link: '' };

const PULLED: Reason = {
  kind: 'not-in-cache',
  detail: 'It is the same image as before, but the engine did not have it, so it was pulled.',
  evidence: [],
  remedy: '',
};

/** Several changes of one step: the first gives it its kind. */
function together(changes: readonly Change[]): Reason {
  const [first] = changes;
  return {
    kind: first?.kind ?? ('unknown' as CauseKind),
    detail: changes.map(({ detail }) => detail).join(' '),
    evidence: changes.flatMap(({ evidence }) => evidence),
    remedy: [...new Set(changes.map(({ remedy }) => remedy).filter((remedy) => remedy !== ''))].join(' '),
  };
}

function disabled(what: Circumstances['disabled']): Reason {
  const detail = what === true ? '`no-cache` has every step run.' : '`no-cache-filters` has this stage run.';
  return { kind: 'cache-disabled', detail, evidence: [], remedy: '' };
}
