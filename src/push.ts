// Pushes an image under all its tags, as `docker push` does.

import { now } from './host/clock.ts';
import { follow } from './host/process.ts';
import type { PushReport } from './report/report.ts';

/** A push that is not done, and why: one sentence. */
export function notPushed(reason: string): PushReport {
  return { outcome: 'skipped', pushed: [], seconds: 0, reason };
}

/**
 * Pushes one tag after the other: they share their layers, which travel once. What fails ends it, and is in the report
 * in docker's own words.
 * @param print gets docker's lines as they come
 */
export async function push(tags: string[], print: (line: string) => void, cancel: AbortSignal): Promise<PushReport> {
  const start = now();
  const pushed: PushReport['pushed'] = [];
  for (const tag of tags) {
    let digest: string | null = null;
    let last = '';
    const exitCode = await follow('docker', ['push', '--', tag], {
      cancel,
      stdout: (line) => {
        // `latest: digest: sha256:… size: 1234` comes last.
        digest = /: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(line)?.[1] ?? digest;
        print(`push ${tag} │ ${line}`);
      },
      stderr: (line) => {
        if (line.trim() !== '') last = line.trim();
        print(`push ${tag} │ ${line}`);
      },
    });
    if (exitCode !== 0) {
      const why = cancel.aborted ? 'the job was cancelled' : last || `docker push ended with exit code ${exitCode}`;
      return { outcome: 'failed', pushed, seconds: now() - start, reason: `${tag} was not pushed: ${why}` };
    }
    pushed.push({ tag, digest });
  }
  return { outcome: 'pushed', pushed, seconds: now() - start, reason: null };
}
