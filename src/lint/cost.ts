// Which commands take long: those that install, build or fetch a lot. By their names; nothing here measures.
import { basename } from 'node:path/posix';
import type { ShellCommand } from '../dockerfile/commands.ts';
import type { Dockerfile, Instruction, Stage } from '../dockerfile/dockerfile.ts';
import { words } from './arguments.ts';
import { installOf } from './installs.ts';
import { childStages, commandsOf, ownInstructions, remembering } from './steps.ts';
import { systemAction } from './system-packages.ts';
import { list, shortened } from './texts.ts';

const BUILDERS = words(
  'R Rscript ant bazel bazelisk c++ cabal cc choco clang cmake conda cpanm docker-php-ext-install emcc emerge flutter g++ gcc gradle gradlew install.r install2.r luarocks make mamba meson micromamba msbuild mvn mvnw ninja npx opam pacman pecl playwright pyinstaller rustc sbt stack swift tsc vite webpack',
);
// Of these programs only some verbs take long.
const VERBS = new Map(
  Object.entries({
    bun: words('install i ci add run build x'),
    bundle: words('install exec'),
    cargo: words('build b install test chef rustc doc fetch run clippy'),
    composer: words('install update require create-project'),
    dotnet: words('restore build publish test tool workload run'),
    gem: words('install'),
    git: words('clone submodule lfs'),
    go: words('build install test mod get generate run vet'),
    mix: words('deps.get deps.compile compile release assets.deploy phx.digest'),
    npm: words('install i ci add run run-script rebuild update'),
    pip: words('install wheel download'),
    pnpm: words('install i add run build fetch deploy'),
    poetry: words('install sync build add'),
    uv: words('sync pip build tool'),
    yarn: words('install add run build workspaces'),
  }),
);
const SCRIPT = /(^|[-_.])(bootstrap|build|compile|configure|install|setup)/i;

/** Whether the command surely takes long enough to be worth the cache. */
function isCostly(command: ShellCommand): boolean {
  if (systemAction(command)?.kind === 'install' || installOf(command) !== null) return true;
  const [program = '', verb = 'install', module] = command.words;
  const name = basename(program);
  const known = VERBS.get(name.replace(/^pip[\d.]*$/, 'pip'));
  if (known !== undefined) return known.has(verb);
  if (/^python[\d.]*$/.test(name) && verb === '-m') return module === 'pip' || module === 'build';
  return BUILDERS.has(name) || (program.includes('/') && SCRIPT.test(name));
}

/** The first command of a RUN that surely takes long, if there is one. */
export const costlyCommand = remembering(
  (instruction: Instruction): ShellCommand | null => commandsOf(instruction).find(isCostly) ?? null,
);

// Nobody reads of more; a file that was made to hang linters may have them.
const MOST_BELOW = 50;

/** The costly RUNs behind an instruction of the stage, and in the stages that are built from it: the first of them. */
export function costlyBelow(dockerfile: Dockerfile, stage: Stage, instruction: Instruction): Instruction[] {
  const own = ownInstructions(stage);
  const found: Instruction[] = [];
  collect(own.slice(own.indexOf(instruction) + 1), found);
  // An array yields what is added while it is walked.
  const stages = [stage];
  for (const member of stages) {
    if (member !== stage) collect(ownInstructions(member), found);
    if (found.length >= MOST_BELOW) break;
    stages.push(...(childStages(dockerfile).get(member) ?? []));
  }
  return found;
}

function collect(instructions: readonly Instruction[], found: Instruction[]): void {
  for (const instruction of instructions) {
    if (found.length >= MOST_BELOW) return;
    if (costlyCommand(instruction) !== null) found.push(instruction);
  }
}

// More than so many are counted.
const MOST_NAMES = 4;

/** RUNs in messages: the first few by name, the rest by their number. */
export function namedRuns(runs: readonly Instruction[]): string {
  return list(shortened(runs.map(namedRun), MOST_NAMES), 'and');
}

/** A RUN in messages: by its install or its first costly command, and the line: `npm ci` on line 7. */
export function namedRun(instruction: Instruction): string {
  const command = costlyCommand(instruction);
  if (command === null) return `the RUN on line ${instruction.range.start.line}`;
  const label = installOf(command)?.label ?? systemAction(command)?.label ?? command.words.slice(0, 2).join(' ');
  return `\`${label.replaceAll('`', '')}\` on line ${command.range.start.line}`;
}
