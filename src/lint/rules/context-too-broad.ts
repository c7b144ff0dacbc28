// COPY or ADD of a directory of the context that takes along what is no source: the git repository, and what installs and
// builds leave behind on a machine where they ran.
//
// Not flagged, on purpose:
// - .git where something may read it: a command, a script, or a plugin that asks git for a version (git-readers.ts).
// - .git in a stage that makes nothing costly below it and is not the image.
// - Dependencies and build output that the Dockerfile does not make itself, in the same place: it may be there to take them.
// - Directories of such a name that git tracks or does not ignore: they are source.
// - Build output that is not there now and that no COPY would put over another: in CI it never is.
// - The Dockerfile on its own; where there is something to report, the lines to paste have it too.
// - Bind mounts (bind-whole-context), COPY with --exclude or --parents.
import { basename, dirname, join } from 'node:path/posix';
import type { ShellCommand } from '../../dockerfile/commands.ts';
import type { Dockerfile, Instruction } from '../../dockerfile/dockerfile.ts';
import { ancestry } from '../../dockerfile/stages.ts';
import { changeDirectory } from '../../dockerfile/workdir.ts';
import { words } from '../arguments.ts';
import { costlyBelow, namedRun, namedRuns } from '../cost.ts';
import { mayReadGit } from '../git-readers.ts';
import { installOf } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { pathWithin, type Source } from '../sources.ts';
import { mentions } from '../steps.ts';
import { quoted, unique } from '../texts.ts';
import { inheritedSteps, type Step, stepsOf } from '../walk.ts';

export const contextTooBroad: Rule = {
  id: 'context-too-broad',
  severity: 'warning',
  summary:
    'A COPY takes along `.git`, or what installs and builds leave behind: it misses although no source has changed.',
  check(input) {
    const copies = copiesOf(input.dockerfile);
    if (copies.length === 0) return [];
    const leftovers = leftoversOf(copies, input);
    // The index is what differs; whoever leaves in HEAD and refs alone has thought about it.
    const all = copies.filter(({ sources }) => sources.some(({ path }) => path === ''));
    const withGit = all.length > 0 && input.contextHas('.git/index') === true ? worthwhile(input.dockerfile, all) : [];
    const [worst] = withGit;
    if (worst !== undefined && !mayReadGit(input)) return [reportGit(worst, withGit, leftovers, input)];
    return reportLeftovers(
      leftovers.filter(({ there, spoils }) => there || spoils),
      input,
    );
  },
};

// One finding tells of a file; more COPYs or installs than these are in none but those made to hang linters.
const MOST = 10;

/** A COPY or ADD of directories of the context, and the commands of its stage, and of those it is built from. */
interface Copy {
  step: Step;
  sources: Source[];
}

function copiesOf(dockerfile: Dockerfile): Copy[] {
  const found: Copy[] = [];
  for (const step of [...stepsOf(dockerfile).values()].flat()) {
    const sources = step.sources.filter(({ context, directory }) => context && directory);
    if (sources.length > 0) found.push({ step, sources });
    if (found.length === MOST) break;
  }
  return found;
}

type Worth = Copy & { below: Instruction[] };

/** Those above costly RUNs, most of them first; or else those that are in the image. */
function worthwhile(dockerfile: Dockerfile, copies: readonly Copy[]): Worth[] {
  const last = dockerfile.stages.at(-1);
  const image = last ? ancestry(dockerfile, last) : [];
  return copies
    .map((copy) => ({ ...copy, below: costlyBelow(dockerfile, copy.step.stage, copy.step.instruction) }))
    .filter(({ step, below }) => below.length > 0 || image.includes(step.stage))
    .sort((a, b) => b.below.length - a.below.length);
}

/** What makes directories that are no source, beside which file of the project. */
const MAKERS: readonly { makes: (command: ShellCommand) => boolean; beside: RegExp; directories: string[] }[] = [
  { makes: installs('npm yarn pnpm bun'), beside: /^package\.json$/, directories: ['node_modules'] },
  { makes: installs('composer'), beside: /^composer\.json$/, directories: ['vendor'] },
  { makes: installs('uv'), beside: /^pyproject\.toml$/, directories: ['.venv'] },
  { makes: installs('mix'), beside: /^mix\.exs$/, directories: ['deps', '_build'] },
  { makes: runs('cargo', 'build b'), beside: /^Cargo\.toml$/, directories: ['target'] },
  { makes: runs('mvn mvnw', 'compile package install verify'), beside: /^pom\.xml$/, directories: ['target'] },
  {
    makes: runs('gradle gradlew', 'assemble build bootJar installDist jar shadowJar'),
    beside: /^build\.gradle(\.kts)?$/,
    directories: ['build', '.gradle'],
  },
  { makes: runs('dotnet', 'build publish'), beside: /\.[cf]sproj$/, directories: ['bin', 'obj'] },
  { makes: runs('dotnet', 'restore'), beside: /\.[cf]sproj$/, directories: ['obj'] },
];

function installs(managers: string): (command: ShellCommand) => boolean {
  const known = words(managers);
  return (command) => {
    const install = installOf(command);
    return install !== null && known.has(install.manager) && install.packages.length === 0;
  };
}

function runs(programs: string, verbs: string): (command: ShellCommand) => boolean {
  const known = words(programs);
  const building = words(verbs);
  return ({ words: [program = '', ...args] }) =>
    known.has(basename(program)) && args.some((word) => building.has(word));
}

/** A directory that an install or a build of the Dockerfile makes in the very place to which a COPY takes another. */
interface Leftover {
  copy: Copy;
  /** In the context. */
  path: string;
  run: Instruction;
  /** Whether the context has it now, or only where somebody has installed or built. */
  there: boolean;
  /** Whether the COPY stands below, and so puts it over the one that was made. */
  spoils: boolean;
}

function leftoversOf(copies: readonly Copy[], input: LintInput): Leftover[] {
  const { dockerfile, contextHas, contextTakes, ignoredByGit } = input;
  const found = copies.flatMap((copy) => {
    const { stage } = copy.step;
    const own = stepsOf(dockerfile).get(stage) ?? [];
    const at = own.indexOf(copy.step);
    const above = [...inheritedSteps(dockerfile, stage, FARTHEST), ...own.slice(Math.max(0, at - FARTHEST), at)];
    const near = [...above, ...own.slice(at + 1, at + FARTHEST)];
    return near
      .filter(({ commands }) => commands.length > 0)
      .flatMap((step) =>
        placesMadeBy(step).map((made) => ({ ...made, run: step.instruction, spoils: above.includes(step) })),
      )
      .slice(0, MOST)
      .flatMap(({ home, maker, run, spoils }) =>
        copy.sources.flatMap((source) => {
          const way = pathWithin(source.to, home);
          const place = way === null ? null : join(source.path, way).replace(/^\.$/, '');
          const names = place === null ? [] : (input.contextNames?.(place) ?? []);
          if (place === null || !names.some((name) => maker.beside.test(name))) return [];
          return maker.directories.map((directory) => ({ copy, path: join(place, directory), run, spoils }));
        }),
      );
  });
  // What some COPY takes by its name is wanted.
  const named = new Set(
    [...stepsOf(dockerfile).values()].flat().flatMap(({ sources }) => sources.map(({ path }) => path)),
  );
  const taken = found.filter(({ path }) => !named.has(path) && contextTakes?.(`${path}/x`) === true);
  const ignored = new Set(taken.length > 0 ? ignoredByGit?.(taken.map(({ path }) => path)) : []);
  return taken
    .filter(({ path }) => ignored.has(path))
    .map((leftover) => ({ ...leftover, there: contextHas(leftover.path) === true }));
}

// No Dockerfile has so many instructions between an install and a COPY.
const FARTHEST = 100;

/** Where in the image the step makes such directories. */
function placesMadeBy({ commands, workdir }: Step): { home: string; maker: (typeof MAKERS)[number] }[] {
  return commands.slice(0, FARTHEST).flatMap((command) => {
    const project = command.words.find((word) => /\.[cf]sproj$/.test(word));
    const directory = installOf(command)?.directory ?? command.workdir;
    const here = directory === null ? null : changeDirectory(workdir, directory);
    const home = here === null ? null : changeDirectory(here, project === undefined ? '.' : dirname(project));
    return home === null ? [] : MAKERS.filter((maker) => maker.makes(command)).map((maker) => ({ home, maker }));
  });
}

function reportGit(
  { below, step: { instruction } }: Worth,
  all: readonly Copy[],
  leftovers: readonly Leftover[],
  input: LintInput,
): RuleFinding {
  const differs = 'which differs in every checkout, even in two of the same commit';
  const again = `${namedRuns(below)} ${below.length > 1 ? 'run' : 'runs'} again`;
  return {
    range: instruction.range,
    confidence: 'high',
    message:
      below.length > 0
        ? `This takes \`.git\` along, ${differs}: in CI it always misses, and ${again}.`
        : `This puts \`.git\` into the image, ${differs}: every build in CI has a new layer to store and to push, with the history in it.`,
    remedy: remedy(['.git', ...unique(leftovers.map(({ path }) => path))], input),
    related: related(instruction, all),
  };
}

function reportLeftovers(leftovers: readonly Leftover[], input: LintInput): RuleFinding[] {
  const [first] = leftovers;
  if (first === undefined) return [];
  const { copy, run, there, spoils } = first;
  const { instruction } = copy.step;
  const told = leftovers.filter((other) => other.copy === copy && other.run === run && other.there === there);
  const paths = quoted(unique(told.map(({ path }) => path)), 'and');
  const that = told.length > 1 ? 'them' : 'it';
  const is = there ? `This takes ${paths} along` : `Behind an install or a build beside it, this takes ${paths} along`;
  const effect = spoils
    ? `puts ${that} over what ${namedRun(run)} made`
    : `misses with every change there, though ${namedRun(run)} makes ${that} anew`;
  return [
    {
      range: instruction.range,
      confidence: there ? 'high' : 'medium',
      message: `${is} and ${effect}: git ignores ${that}, ${input.ignoreFile ?? '.dockerignore'} does not.`,
      remedy: remedy(unique(leftovers.map(({ path }) => path)), input),
      related: related(
        instruction,
        leftovers.map((other) => other.copy),
      ),
    },
  ];
}

/** The lines to paste. The Dockerfile goes along, so that work on it leaves the cache alone; unless a RUN reads it. */
function remedy(lines: readonly string[], { dockerfile, contextHas, ignoreFile }: LintInput): string {
  const name = basename(dockerfile.path);
  const read = dockerfile.instructions.some((instruction) => mentions(instruction).has('Dockerfile'));
  const lead = ignoreFile ? `Add to \`${ignoreFile}\`:` : 'Create `.dockerignore` at the top of the build context:';
  return [lead, ...lines, ...(contextHas(name) === true && !read ? [name] : [])].join('\n');
}

function related({ range: told }: Instruction, copies: readonly Copy[]): RuleFinding['related'] {
  const ranges = unique(copies.map(({ step }) => step.instruction.range));
  return ranges.flatMap((range) => (range === told ? [] : [{ range, message: 'takes it along as well' }]));
}
