// An ARG above costly RUNs that do not use it, where a later step does.
//
// Not flagged, on purpose:
// - What volatile-variable-before-run reports.
// - A default that is to stay: users, directories, locales, mirrors, what package managers read (`DEBIAN_FRONTEND`).
//   Flagged are versions of things, and ARGs without a default, which only come from outside.
// - Platform ARGs (`TARGETARCH`): another platform is another build.
// - An ARG that nothing uses by name: a build or a script may read it unseen.
// - ENV: what others expect in the environment belongs together.
import {
  type Declared,
  type Idle,
  idleVariables,
  moveDown,
  movedDown,
  readsOnlyMentioned,
  unusedBy,
} from '../environment.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { list, unique } from '../texts.ts';
import { isVolatile } from './volatile-variable-before-run.ts';

export const variableDeclaredEarly: Rule = {
  id: 'variable-declared-early',
  severity: 'notice',
  summary: 'An ARG is declared above RUNs that do not use it, so that a new value runs them again.',
  check(input) {
    const groups = new Map<string, Idle[]>();
    for (const idle of idleVariables(input.dockerfile, (variable) => isWanted(variable, input))) {
      const use = idle.mentionedBy.find(({ keyword }) => !['ARG', 'ENV', 'LABEL'].includes(keyword));
      const passedOn = idle.mentionedBy.some(({ keyword }) => keyword === 'ENV');
      // Behind its first use a new value runs everything again anyway.
      const runs = idle.runs.filter((run) => use === undefined || run.range.start.line < use.range.start.line);
      if ((use === undefined && !passedOn) || runs.length === 0) continue;
      const key = [idle.stage.index, ...runs.map(({ range }) => range.start.line)].join();
      groups.set(key, [...(groups.get(key) ?? []), { ...idle, runs }]);
    }
    return [...groups.values()].flatMap((group) => report(group, input) ?? []);
  },
};

// They seldom change, or the package managers read them.
const SETTLED =
  /^((TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT|OSVERSION|STAGE)|BUILDKIT_.*|DEBIAN_FRONTEND|TZ|LANG|LC_.*|TERM|.*_?(PROXY|MIRROR|REGISTRY|INDEX(_URL)?|REPO(SITORY)?|URL|HOST|USER(NAME)?|USER_?ID|UID|GID|GROUP|HOME|DIR|PATH|PORT|ENV|ENVIRONMENT|MODE|TOKEN|KEY|SECRET|PASSWORD|ARCH|PLATFORM|FLAGS|ARGS|OPTS|OPTIONS)|(NODE|NPM|YARN|PNPM|PIP|POETRY|UV|PYTHON|BUNDLE|RAILS|GEM|COMPOSER|GO|CGO|GOOS|CARGO|RUST|MAVEN|GRADLE|JAVA|DOTNET|NUGET|MIX|HEX|APT|CI|CXX|CC|MAKE)_?(?!.*VERSION).*)$/i;
const VERSION = /(^|_)(VERSION|VER|RELEASE|TAG|REF|BRANCH|COMMIT|SHA\d*|CHECKSUM|REVISION)(_|$)/i;

function isWanted(variable: Declared, input: LintInput): boolean {
  const { instruction, pair } = variable;
  if (instruction.keyword !== 'ARG' || SETTLED.test(pair.name) || isVolatile(variable, input)) return false;
  return pair.value === null || VERSION.test(pair.name);
}

// A value of these decides whether a package installs, and how.
const READ_BY_PACKAGES = /EULA|^DE?B/;

function report(group: readonly Idle[], { dockerfile }: LintInput): RuleFinding | null {
  const [first] = group;
  if (first === undefined) return null;
  const { instruction, runs } = first;
  const names = list(unique(group.map(({ pair: { name } }) => `\`${name}\``)), 'and');
  return {
    range: instruction.range,
    confidence: 'medium',
    message: `${names} ${group.length === 1 ? 'is' : 'are'} part of the environment of every RUN below: ${unusedBy(runs)}.`,
    remedy: moveDown(group),
    related: runs.map((run) => ({ range: run.range, message: 'runs again with every new value' })),
    fix: group.some(({ pair: { name } }) => READ_BY_PACKAGES.test(name))
      ? undefined
      : movedDown(group, dockerfile, readsOnlyMentioned),
  };
}
