// Whether two neighbours may change places and the image is the same: what the fixes of several rules rest on. Stricter
// than the rules, which may be wrong now and then: here what is not known says no.
import { basename, dirname, isAbsolute, join } from 'node:path/posix';
import type { ShellCommand } from '../dockerfile/commands.ts';
import { copied, mounts } from '../dockerfile/files.ts';
import { pairs } from '../dockerfile/variables.ts';
import { type Install, installOf, isSystem } from './installs.ts';
import type { LintInput } from './lint.ts';
import { hasLifecycleScripts } from './manifests.ts';
import { isShared, pathWithin } from './sources.ts';
import { describesImage, mentions } from './steps.ts';
import { systemAction } from './system-packages.ts';
import type { Step } from './walk.ts';

/** Whether a COPY or ADD is understood: all that it brings is known, and it goes into directories of its own. */
export function isClearCopy({ instruction, sources }: Step): boolean {
  const copy = copied(instruction);
  return (
    copy !== null &&
    instruction.json === null &&
    sources.length === copy.sources.length + instruction.heredocs.length &&
    sources.every(({ to }) => isAbsolute(to) && !isShared(to))
  );
}

/** Whether a clear COPY may stand below an instruction, other than a RUN or a WORKDIR, in place of above. */
export function passes(copy: Step, { instruction, sources }: Step): boolean {
  const { keyword } = instruction;
  if (describesImage(keyword) || keyword === 'USER' || keyword === 'SHELL') return true;
  if (keyword === 'ARG' || keyword === 'ENV') {
    return pairs(instruction).every(({ name }) => !mentions(copy.instruction).has(name));
  }
  const known = keyword === 'COPY' && sources.length > 0 && sources.length === copied(instruction)?.sources.length;
  return known && sources.every((one) => copy.sources.every((other) => areApart(one.to, other.to)));
}

function areApart(one: string, other: string): boolean {
  return isAbsolute(one) && isAbsolute(other) && pathWithin(one, other) === null && pathWithin(other, one) === null;
}

/**
 * Whether these commands of a RUN do nothing but install packages, and a clear COPY may stand below them in place of
 * above: they read nothing of it but the files `reads`, and write nothing to where it writes.
 */
export function installsApart(
  run: Step,
  commands: readonly ShellCommand[],
  reads: readonly string[],
  copies: readonly Step[],
  input: LintInput,
): boolean {
  const places = copies.flatMap(({ sources }) => sources.map(({ to }) => to));
  const { instruction } = run;
  // What else is written or read by the shell itself.
  const plain = instruction.text.replace(/[12&]?>\s*\/dev\/null|2>&1/g, '').replace(/^RUN\s+<<\S+$/, '');
  const mountsApart = mounts(instruction).every(
    ({ type, from, target }) =>
      (type !== 'bind' || from !== null) &&
      (target === null
        ? type === 'secret' || type === 'ssh'
        : isAbsolute(target) && places.every((place) => areApart(place, target))),
  );
  if (/[<>]/.test(plain) || !mountsApart || commands.length === 0) return false;
  return commands.every((command) => {
    const install = installOf(command);
    return install === null ? isCleaning(command) : writesApart(install, command, reads, places, input);
  });
}

// Caches of package managers, lists of packages and logs.
const CLEANED = /^\/(var\/(lib\/apt|cache|log)|root\/\.(npm|cache|yarn)|usr\/share\/(doc|man|locale))(\/|$)/;

/** Commands around installs that have nothing to do with the project. */
function isCleaning(command: ShellCommand): boolean {
  const [program = '', ...args] = command.words;
  const name = basename(program);
  const action = systemAction(command);
  if (action !== null) return action.kind !== 'install';
  if (name === 'rm') return args.every((word) => word.startsWith('-') || (CLEANED.test(word) && !word.includes('..')));
  if (['npm', 'yarn', 'pnpm', 'pip', 'pip3', 'uv'].includes(name)) return args[0] === 'cache';
  return ['cd', 'set', 'echo', 'true', ':', 'corepack'].includes(name);
}

/** Whether nothing that the install writes is copied as well, and no script of the project runs. */
function writesApart(
  install: Install,
  command: ShellCommand,
  reads: readonly string[],
  places: readonly string[],
  { contextHas, contextText }: LintInput,
): boolean {
  // Some packages bring a page for the web server.
  if (isSystem(install)) return places.every((place) => !place.startsWith('/var/'));
  const written = writtenBy(install, command, reads);
  if (written === null) return false;
  const directories = new Set(['', ...reads.map(dirname)]);
  const isFree = [...directories].every((directory) =>
    [...written, '.npm', '.cache'].every((name) => contextHas(join(directory, name)) === false),
  );
  const scripts = reads.filter((path) => basename(path) === 'package.json');
  const isRead = (path: string): boolean => (contextText?.(path) ?? null) !== null;
  const manifests = reads.filter((path) => MANIFESTS.has(basename(path)) || install.files.length > 0);
  const isQuiet = !install.runsScripts || !scripts.some((path) => hasLifecycleScripts(contextText?.(path) ?? null));
  return isFree && isQuiet && manifests.every(isRead) && reads.every((path) => contextHas(path) === true);
}

// What may name a path of the project, in the managers that a fix moves.
const MANIFESTS: ReadonlySet<string> = new Set(['package.json', 'pyproject.toml', 'Pipfile', 'go.mod']);

const NODE_FILES = ['node_modules', '.pnpm-store', '.pnp.cjs', '.pnp.loader.mjs', '.yarn'];

/** What the install makes beside its manifests; null if it may write to these as well, or nobody can tell. */
function writtenBy(
  { manager, label, packages, files }: Install,
  { words }: ShellCommand,
  reads: readonly string[],
): readonly string[] | null {
  const given = (...options: string[]): boolean => options.some((option) => words.includes(option));
  const locked = (name: string): boolean => reads.some((path) => basename(path) === name);
  const isPip = manager === 'pip' || label.startsWith('uv pip');
  if (isPip) return words.some((word) => /^(-t|--(target|prefix|root|src)\b)/.test(word)) ? null : [];
  if (packages.length > 0) return /^(gem|go) install/.test(label) ? [] : null;
  switch (manager) {
    case 'npm':
      return /^npm (ci|ic|clean-install|install-clean)$/.test(label) ? NODE_FILES : null;
    case 'yarn':
      return given('--frozen-lockfile', '--immutable') && locked('yarn.lock') ? NODE_FILES : null;
    case 'pnpm':
      return (given('--frozen-lockfile') || files.length > 0) && locked('pnpm-lock.yaml') ? NODE_FILES : null;
    case 'bun':
      return given('--frozen-lockfile') ? NODE_FILES : null;
    case 'poetry':
      return locked('poetry.lock') ? ['.venv'] : null;
    case 'uv':
      return given('--frozen', '--locked') ? ['.venv'] : null;
    case 'pipenv':
      return given('--deploy', 'sync') && locked('Pipfile.lock') ? ['.venv'] : null;
    case 'go':
      return locked('go.sum') ? [] : null;
    default:
      return null;
  }
}
