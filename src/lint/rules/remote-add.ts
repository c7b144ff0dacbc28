// ADD of a URL without a checksum, above costly RUNs.
//
// Not flagged, on purpose:
// - ADD with --checksum, and of a Git repository at a commit or a version: nothing is asked, or it does not move.
// - ADD with nothing costly below: what it costs is the file itself.
// - URLs that are there to change (always-rebuilt), or to tell where a branch is.
import type { Instruction } from '../../dockerfile/dockerfile.ts';
import { addedUrls, copied, flagValue } from '../../dockerfile/files.ts';
import { busterOf, tellsRef } from '../busters.ts';
import { costlyBelow, namedRuns } from '../cost.ts';
import type { Rule, RuleFinding } from '../lint.ts';
import { flagsOf } from '../paste.ts';

export const remoteAdd: Rule = {
  id: 'remote-add',
  severity: 'notice',
  summary: 'ADD takes a file from the network without a checksum, above steps that take long.',
  check(input) {
    return input.dockerfile.stages.flatMap((stage) =>
      stage.instructions.flatMap((instruction) => {
        const url = remoteSource(instruction);
        return url === null ? [] : report(instruction, url, costlyBelow(input.dockerfile, stage, instruction));
      }),
    );
  },
};

/** The first source of an ADD that is fetched and may change. */
function remoteSource(instruction: Instruction): string | null {
  if (instruction.keyword !== 'ADD' || flagValue(instruction, 'checksum') !== null || busterOf(instruction) !== null)
    return null;
  return addedUrls(instruction).find((url) => !isFixed(url) && !tellsRef(url)) ?? null;
}

function isGit(url: string): boolean {
  return /^(ssh|git):\/\/|^git@|\.git(#|\?|$)/.test(url);
}

/** A repository at a commit, a version or what an argument says. */
function isFixed(url: string): boolean {
  return isGit(url) && /(#|[?&](ref|tag|commit|checksum)=)(refs\/tags\/)?(v?\d|[0-9a-f]{7,40}\b|.*\$)/.test(url);
}

function report(instruction: Instruction, url: string, runs: readonly Instruction[]): RuleFinding[] {
  if (runs.length === 0) return [];
  const git = isGit(url);
  const what = git ? 'the branch has moved' : 'the file has changed there';
  const destination = copied(instruction)?.destination.text ?? '.';
  const remedy = git
    ? `Name a commit or a tag:\nADD ${flagsOf(instruction)}${url.replace(/#.*/, '')}#<commit> ${destination}`
    : `Give the checksum that \`curl -fsSL ${url} | sha256sum\` shows; the file is then fetched once and never asked for again:\nADD --checksum=sha256:<checksum> ${flagsOf(instruction)}${url} ${destination}`;
  return [
    {
      range: instruction.range,
      confidence: 'medium',
      message: `Every build asks the server for this ${git ? 'repository' : 'file'}, and fails where it does not answer. When ${what}, ${namedRuns(runs)} ${runs.length === 1 ? 'runs' : 'run'} again.`,
      remedy,
      related: runs.map((run) => ({ range: run.range, message: 'runs again when the file changes' })),
    },
  ];
}
