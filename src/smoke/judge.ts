// Judges what was seen of a container that runs the image's own CMD. Pure.

import type { SmokeReport } from '../report/report.ts';

/** What `docker inspect` says of a container, as far as the verdict needs it. */
export interface ContainerState {
  status: string;
  exitCode: number;
  oomKilled: boolean;
  /** Why the engine could not start it. */
  error: string;
  /** Seconds from its start to its end, or to now. */
  seconds: number;
}

type Verdict = Omit<SmokeReport, 'log'>;

/**
 * Passed when the program ended with exit code 0, or still runs after the settling time. The container has no restart
 * policy, so a crash is an end.
 * @param command the command as people read it, for the sentence
 * @param settle the settling time in seconds
 */
export function judge(state: ContainerState, command: string, settle: number): Verdict {
  const { status, exitCode, oomKilled, error, seconds } = state;
  const lasted = `${seconds.toFixed(1)} s`;
  if (error !== '') {
    return {
      outcome: 'failed',
      check: 'exit',
      readySeconds: null,
      exitCode,
      evidence: `${command} did not start: ${error}`,
    };
  }
  if (status === 'running') {
    const evidence = `${command} is still running after ${settle} s`;
    return { outcome: 'passed', check: 'running', readySeconds: seconds, exitCode: null, evidence };
  }
  if (oomKilled) {
    const evidence = `${command} was killed after ${lasted}: out of memory`;
    return { outcome: 'failed', check: 'exit', readySeconds: null, exitCode, evidence };
  }
  if (exitCode === 0) {
    return {
      outcome: 'passed',
      check: 'exit',
      readySeconds: seconds,
      exitCode,
      evidence: `${command} ended with exit code 0 after ${lasted}`,
    };
  }
  const evidence = `${command} ended with exit code ${exitCode}${meaning(exitCode)} after ${lasted}; 0 was expected`;
  return { outcome: 'failed', check: 'exit', readySeconds: null, exitCode, evidence };
}

/** https://tldp.org/LDP/abs/html/exitcodes.html and docker run's own 125–127 */
function meaning(exitCode: number): string {
  if (exitCode === 126) return ' (the command is not executable)';
  if (exitCode === 127) return ' (command not found)';
  if (exitCode > 128 && exitCode < 160) return ` (ended by signal ${exitCode - 128})`;
  return '';
}
