// RUN that fetches a moving target with curl, wget or git: a branch, or the latest release. Its text stays the same, so
// the layer stays as it was on the day of the build.
//
// Not flagged, on purpose:
// - URLs and branches with a variable in them: who builds can say another.
// - A clone followed by a checkout, and one of a tag.
// - What stands below a COPY of the whole context, or below something that is there to fetch it again.
// - Installers that are piped into a shell, where their URL does not say `latest` or a branch, or the shell is given a
//   version.
// - URLs that only tell which version is the latest, for another command to fetch.
import type { ShellCommand } from '../../dockerfile/commands.ts';
import type { Instruction, Stage } from '../../dockerfile/dockerfile.ts';
import { addedUrls, copied, flagValue } from '../../dockerfile/files.ts';
import { splitArguments, words } from '../arguments.ts';
import { busterOf, tellsRef } from '../busters.ts';
import type { Rule, RuleFinding } from '../lint.ts';
import { commandsOf, ownInstructions } from '../steps.ts';

export const downloadCachedForever: Rule = {
  id: 'download-cached-forever',
  severity: 'notice',
  summary: 'A RUN fetches a branch or the latest release, and its layer then stays as old as the cache.',
  check({ dockerfile }) {
    return dockerfile.stages.flatMap((stage) => findingsIn(stage));
  },
};

function findingsIn(stage: Stage): RuleFinding[] {
  const found: RuleFinding[] = [];
  const instructions = ownInstructions(stage);
  const all = instructions.slice(0, instructions.findIndex(runsAgain) >>> 0).flatMap(commandsOf);
  // From behind: is a state chosen below?
  let chosen = false;
  let below: ShellCommand | null = null;
  for (const command of all.reverse()) {
    chosen ||= choosesState(command);
    const target = isToldVersion(below) ? null : movingTarget(command, chosen);
    if (target !== null) found.push(report(command, target));
    below = command;
  }
  return found;
}

/** Whether the command picks a state of a repository that was cloned. */
function choosesState({ words: [program, ...rest] }: ShellCommand): boolean {
  return program === 'git' && rest.some((word) => CHOOSE.has(word));
}

/** Whether it is an installer's shell with a version in its arguments: `… | sh -s v1.2.3`. */
function isToldVersion(command: ShellCommand | null): boolean {
  const [program = '', ...args] = command?.words ?? [];
  return ['sh', 'bash'].includes(program) && args.some((word) => /\d|\$/.test(word));
}

const CHOOSE = words('checkout reset switch fetch pull worktree');

/** Whether what stands below is fetched again anyway: with nearly every commit, or because somebody has seen to it. */
function runsAgain(instruction: Instruction): boolean {
  if (busterOf(instruction) !== null || addedUrls(instruction).some(tellsRef)) return true;
  return (
    flagValue(instruction, 'from') === null &&
    (copied(instruction)?.sources.some(({ text }) => /^(\.?\/?|\*)$/.test(text)) ?? false)
  );
}

/** What a command fetches that moves, and how to name a state of it. */
interface Target {
  what: string;
  remedy: string;
}

const CLONE_VALUED = words(
  'b branch depth o origin c config j jobs reference filter template recurse-submodules shallow-since separate-git-dir u upload-pack',
);

function movingTarget(command: ShellCommand, chosen: boolean): Target | null {
  const [program = '', ...args] = command.words;
  if (program === 'git') return chosen ? null : clonedBranch(args);
  if (program !== 'curl' && program !== 'wget') return null;
  const url = args.map((word) => word.replace(/^--?url=/, '')).find((word) => /^https?:\/\//.test(word));
  if (url === undefined || url.includes('$')) return null;
  const moves = movingPart(url);
  if (moves === null) return null;
  return {
    what: `\`${moves}\` of ${shortUrl(url)}`,
    remedy: `Name a release or a commit in the URL, in an ARG: a new value then fetches it anew. Or let \`ADD ${url} …\` fetch it: BuildKit asks the server in every build whether the file has changed.`,
  };
}

/** The part of a URL that says it moves. */
function movingPart(url: string): string | null {
  const [, latest] = /\/(latest|nightly)\//.exec(url) ?? [];
  // These tell which one is the latest.
  if (latest !== undefined) return /\/\/api\.|\.(json|txt|ya?ml)$/.test(url) ? null : latest;
  const [, branch] =
    /^https?:\/\/(?:raw\.githubusercontent\.com\/[^/]+\/[^/]+|github\.com\/[^/]+\/[^/]+\/(?:raw|archive|blob|tarball|zipball)|gitlab\.com\/.*\/-\/(?:raw|archive))\/(?:refs\/heads\/)?(master|main|HEAD|develop|trunk)(?:\/|\.(?:tar\.gz|zip)|$)/.exec(
      url,
    ) ?? [];
  return branch ?? null;
}

function clonedBranch(args: readonly string[]): Target | null {
  const { operands, options } = splitArguments(args, CLONE_VALUED);
  const [verb, url = ''] = operands;
  if (verb !== 'clone' || !/^(https?|ssh|git):\/\/|^git@/.test(url) || url.includes('$')) return null;
  const branch = [...(options.get('b') ?? []), ...(options.get('branch') ?? [])].at(-1) ?? null;
  if (branch !== null && !/^(master|main|develop|dev|trunk|latest|nightly|HEAD)$/.test(branch)) return null;
  const ref = branch === null ? '' : `#${branch}`;
  const repository = url.endsWith('.git') || !url.startsWith('http') ? url : `${url}.git`;
  return {
    what: `${branch === null ? 'the default branch' : `\`${branch}\``} of ${shortUrl(url)}`,
    remedy: `Check out a tag or commit that an ARG names: a new value then fetches it anew. Or let \`ADD ${repository}${ref} /src\` fetch it: BuildKit looks in every build where the branch is.`,
  };
}

function shortUrl(url: string): string {
  return url
    .replace(/^https?:\/\//, '')
    .split('/')
    .slice(0, 3)
    .join('/');
}

function report({ range }: ShellCommand, { what, remedy }: Target): RuleFinding {
  return {
    range,
    confidence: 'medium',
    message: `This fetches ${what}, and its text stays the same: the layer comes from the cache with the state of the day on which it was built, until something above it changes.`,
    remedy,
    related: [],
  };
}
