// The plan of a smoke test and what was seen so far → the verdict, as soon as it is clear. Pure.

import type { SmokeReport } from '../report/report.ts';
import { type Check, expectation, listed, type Plan } from './checks.ts';

/** How a program ended. */
export interface End {
  exitCode: number;
  oomKilled: boolean;
  restarts: number;
  /** Why the engine could not start it; '' when it did. */
  error: string;
  /** Seconds from its start to its end. */
  seconds: number;
}

/** What was seen of one condition. */
export interface Sight {
  /** Seconds from the start until it was seen to be true; null while it is not. */
  met: number | null;
  /** What was seen instead, or what made it true: a clause, '' when there is nothing to say. */
  seen: string;
  /** It cannot be looked at from here. */
  blind: boolean;
}

/** What was seen of a container, up to now. */
export interface Seen {
  /** null while it runs. */
  end: End | null;
  /** Seconds since its start. */
  elapsed: number;
  /** One for each condition of the plan. */
  sights: Sight[];
}

export type Verdict = Pick<SmokeReport, 'outcome' | 'check' | 'readySeconds' | 'exitCode' | 'evidence' | 'conditions'>;

/**
 * The verdict; null as long as it is open.
 * @param command the command as people read it, for the sentence
 */
export function judge(plan: Plan, seen: Seen, command: string): Verdict | null {
  const { end, elapsed, sights } = seen;
  const conditions = plan.conditions.map((condition, at) => {
    const { met = null, seen: what = '' } = sights[at] ?? {};
    const reached = condition.check === 'exit' ? end?.exitCode === plan.exitCode : met !== null;
    const running = condition.check === 'running' && end === null && elapsed >= plan.settle;
    return { check: condition.check, expected: expectation(condition, plan), seen: what, met: reached || running };
  });
  const verdict = (
    outcome: 'passed' | 'failed',
    check: Check,
    readySeconds: number | null,
    what: string,
    why = plan.why,
  ): Verdict => ({
    ...{ outcome, check, readySeconds, exitCode: end?.exitCode ?? null, conditions },
    evidence: `${command} ${what} (check: ${check}, ${why})`,
  });
  const open = conditions.filter(({ met }) => !met);

  if (end) {
    const told = endText(end);
    const ended = plan.asked ? plan.why : 'since the program ended by itself';
    if (end.error !== '') return verdict('failed', 'exit', null, told, 'since the program must start');
    if (end.restarts > 0) return verdict('failed', 'exit', null, told, ended);
    if (end.exitCode !== plan.exitCode) {
      const expected = end.oomKilled ? '' : `; ${plan.exitCode} was expected`;
      return verdict('failed', 'exit', null, `${told}${expected}`, ended);
    }
    if (!plan.asked) {
      const [first] = open.filter(({ check }) => check !== 'running');
      return verdict(
        'passed',
        'exit',
        end.seconds,
        `${told}${first ? `, before it could ${first.expected}` : ''}`,
        ended,
      );
    }
    const [missing] = open;
    if (missing) return verdict('failed', missing.check, null, `${told} and did not ${instead(missing)}`);
    return verdict('passed', leading(plan), readyAt(plan, sights) ?? end.seconds, told);
  }

  if (open.length === 0) {
    const ready = readyAt(plan, sights) ?? elapsed;
    return verdict('passed', leading(plan), ready, successText(plan, sights, ready));
  }
  const [first] = plan.conditions;
  const [sight] = sights;
  if (!plan.asked && first?.check === 'port' && elapsed >= plan.settle && (sight?.blind || !plan.portsPromised)) {
    // The port's own timeout would prove nothing here.
    const unseen = sight?.blind
      ? 'whether its ports accept connections cannot be seen from here'
      : 'no port that its base image EXPOSEs accepts connections, which need not mean anything';
    return verdict('passed', 'running', elapsed, `is still running after ${seconds(plan.settle)}; ${unseen}`);
  }
  if (elapsed < plan.timeout || (open.length === 1 && open[0]?.check === 'running')) return null;
  return verdict(
    'failed',
    open[0]?.check ?? 'exit',
    null,
    open
      .map((one, at) => `${at === 0 ? '' : 'it '}did not ${instead(one, ` within ${seconds(plan.timeout)}`)}`)
      .join('; '),
  );
}

function endText({ exitCode, oomKilled, restarts, error, seconds: lasted }: End): string {
  if (error !== '') return `did not start: ${error}`;
  if (oomKilled && exitCode !== 0) return `was killed after ${seconds(lasted)}: out of memory`;
  const again = restarts > 0 ? ` and was started again${restarts > 1 ? `, ${restarts} times` : ''}` : '';
  return `ended with exit code ${exitCode}${meaning(exitCode)} after ${seconds(lasted)}${again}`;
}

/** https://tldp.org/LDP/abs/html/exitcodes.html and docker run's own 125–127 */
function meaning(exitCode: number): string {
  if (exitCode === 126) return ' (the command is not executable)';
  if (exitCode === 127) return ' (command not found)';
  const signal = signalOf(exitCode);
  return signal === null ? '' : ` (ended by ${signal})`;
}

const SIGNALS: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

/** The signal that an exit code above 128 stands for, as x86 and ARM number them. */
export function signalOf(exitCode: number): string | null {
  if (exitCode <= 128 || exitCode >= 160) return null;
  return SIGNALS[exitCode - 128] ?? `signal ${exitCode - 128}`;
}

function successText(plan: Plan, sights: Sight[], ready: number): string {
  if (plan.conditions.every(({ check }) => check === 'running'))
    return `is still running after ${seconds(plan.settle)}`;
  const met = plan.conditions.map((condition, at) => {
    const { seen = '' } = sights[at] ?? {};
    if (condition.check === 'healthy') return 'is healthy';
    if (condition.check === 'log') return `printed a line that matches ${condition.pattern.written}`;
    return seen;
  });
  return `${listed(met)} after ${seconds(ready)}`;
}

/** What was expected and, where that is known, what was seen instead. */
const instead = ({ expected, seen }: Verdict['conditions'][number], within = ''): string =>
  `${expected}${within}${seen === '' ? '' : `: ${seen}`}`;

const leading = (plan: Plan): Check => plan.conditions[0]?.check ?? 'exit';

/** When the last condition came true; null where none has a time of its own. */
function readyAt(plan: Plan, sights: Sight[]): number | null {
  const times = sights.filter((_, at) => plan.conditions[at]?.check !== 'running').flatMap(({ met }) => met ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

function seconds(number: number): string {
  return `${number < 10 ? Number(number.toFixed(1)) : Math.round(number)} s`;
}
