// What an install command of npm, pip or apt reads, told from its words. Commands in, facts out; which of them is a
// fault is the business of the rules.
import { basename } from 'node:path/posix';
import type { ShellCommand } from '../dockerfile/commands.ts';
import { changeDirectory } from '../dockerfile/workdir.ts';
import { isComputed, isPath, splitArguments } from './arguments.ts';

export type Manager = 'npm' | 'pip' | 'apt';

/** An install that reads no more of the project than its manifests. */
export interface Install {
  manager: Manager;
  /** Short, for messages: `npm ci`, `pip install -r requirements.txt`. */
  label: string;
  /** Where it works, as ShellCommand.workdir tells it; `--prefix` counts. npm reads package.json there. */
  directory: string | null;
  /** The requirement and constraint files that pip is given, as written: relative to `directory`. */
  files: string[];
  /** Packages named on the line. */
  packages: string[];
  /** Whether it runs scripts of the project, which may read anything: npm without `--ignore-scripts`. */
  runsScripts: boolean;
}

/**
 * Reads the command as an install. Null if it is none, or if it takes packages from the file system or from where
 * nobody can tell (`pip install .`, `npm install ./lib`, `apt-get install $(cat packages)`): those need the source.
 * `npm install -g` is none either: it sets up a tool and leaves the project alone.
 */
export function installOf(command: ShellCommand): Install | null {
  const [program = '', ...args] = command.words;
  const name = basename(program);
  const found =
    name === 'npm'
      ? npm(args, command)
      : /^pip[\d.]*$/.test(name)
        ? pip(args, command)
        : /^python[\d.]*$/.test(name) && args[0] === '-m' && args[1] === 'pip'
          ? pip(args.slice(2), command)
          : name === 'apt-get' || name === 'apt' || name === 'aptitude'
            ? apt(args, command)
            : null;
  return found === null || [...found.files, ...found.packages].some(isComputed) ? null : found;
}

const NPM_VALUED = new Set(
  'prefix C cache registry omit include only loglevel userconfig globalconfig workspace w location tag script-shell before fetch-retries fetch-timeout maxsockets install-strategy cpu os libc'.split(
    ' ',
  ),
);
const NPM_INSTALL = new Set(
  'install i in ins inst insta instal isnt isnta isntal isntall add ci clean-install ic install-clean isntall-clean'.split(
    ' ',
  ),
);

function npm(args: readonly string[], command: ShellCommand): Install | null {
  const { operands, options } = splitArguments(args, NPM_VALUED);
  const [verb = '', ...packages] = operands;
  if (!NPM_INSTALL.has(verb)) return null;
  if (options.has('g') || options.has('global') || options.get('location')?.includes('global')) return null;
  // Workspaces read a package.json in directories that the line does not name.
  if (['w', 'workspace', 'ws', 'workspaces'].some((option) => options.has(option))) return null;
  if (packages.some((name) => isPath(name) || isVariable(name) || /^(file|link):|\.tgz$/.test(name))) return null;
  const prefix = [...(options.get('prefix') ?? []), ...(options.get('C') ?? [])].at(-1) ?? '.';
  return {
    manager: 'npm',
    label: ['npm', verb, ...(packages.length > 0 ? [shortened(packages)] : [])].join(' '),
    directory: /[$`]/.test(prefix) ? null : changeDirectory(command.workdir, prefix),
    files: [],
    packages,
    runsScripts: !options.has('ignore-scripts') || options.get('ignore-scripts')?.at(-1) === 'false',
  };
}

const PIP_VALUED = new Set(
  'r requirement c constraint e editable i index-url extra-index-url f find-links t target prefix root src platform python-version implementation abi only-binary no-binary progress-bar proxy retries timeout trusted-host cert client-cert cache-dir log upgrade-strategy global-option config-settings C report use-feature exists-action root-user-action python group'.split(
    ' ',
  ),
);

function pip(args: readonly string[], command: ShellCommand): Install | null {
  const { operands, options } = splitArguments(args, PIP_VALUED);
  const [verb, ...packages] = operands;
  if (verb !== 'install') return null;
  if (['e', 'editable', 'f', 'find-links', 'no-index', 'group'].some((option) => options.has(option))) return null;
  if (packages.some((name) => isPath(name) || isVariable(name) || /\.(whl|zip|tar\.gz|tgz)$|file:/.test(name)))
    return null;
  const values = (...names: string[]): string[] => names.flatMap((option) => options.get(option) ?? []);
  const requirements = values('r', 'requirement');
  if (packages.length === 0 && requirements.length === 0) return null;
  const files = [...requirements, ...values('c', 'constraint')].filter(isLocal);
  if (files.some((file) => /[$*?[]/.test(file))) return null;
  const named = packages.length > 0 ? [shortened(packages)] : [];
  return {
    manager: 'pip',
    label: ['pip install', ...requirements.map((file) => `-r ${file}`), ...named].join(' '),
    directory: command.workdir,
    files,
    packages,
    runsScripts: false,
  };
}

function isLocal(file: string): boolean {
  return !/^https?:/.test(file);
}

const APT_VALUED = new Set([
  't',
  'target-release',
  'default-release',
  'o',
  'option',
  'c',
  'config-file',
  'a',
  'host-architecture',
]);

function apt(args: readonly string[], command: ShellCommand): Install | null {
  const { operands, options } = splitArguments(args, APT_VALUED);
  const [verb, ...packages] = operands;
  if (verb !== 'install' || packages.length === 0 || options.has('c') || options.has('config-file')) return null;
  if (packages.some((name) => isPath(name) || name.endsWith('.deb'))) return null;
  return {
    manager: 'apt',
    label: `${basename(command.words[0] ?? '')} install`,
    directory: command.workdir,
    files: [],
    packages,
    runsScripts: false,
  };
}

/** A whole package in a variable: it may be a path. */
function isVariable(name: string): boolean {
  return name.startsWith('$');
}

function shortened(packages: readonly string[]): string {
  return packages.length > 1 ? `${packages[0]} …` : packages.join();
}

// They set up the system or a directory, look around, or talk: none of them reads the project.
const SETUP = new Set(
  ': [ add-apt-repository addgroup adduser apk apt apt-get aptitude cd chmod chown corepack curl date dnf echo env exit export false getent groupadd id locale-gen ls mkdir printf pwd rm rmdir set sleep test touch true umask uname unset update-ca-certificates useradd usermod virtualenv wget which whoami yum'.split(
    ' ',
  ),
);
// They build the project: apt takes no notice of what they make, npm and pip may.
const BUILDS = new Set(
  'bun bundle cargo composer dotnet go gradle mvn npm npx pip pip3 pnpm poetry tsc uv yarn'.split(' '),
);

/** Whether the command reads nothing of the project, or no more than manifests: it may stand above the source. */
export function isSetup(command: ShellCommand): boolean {
  const [program, ...args] = command.words;
  if (program === undefined || installOf(command) !== null) return true;
  const name = basename(program);
  const [verb = ''] = args;
  if (/^pip[\d.]*$/.test(name)) return ['config', '--version', 'cache'].includes(verb);
  if (/^python[\d.]*$/.test(name)) return verb === '--version' || (verb === '-m' && args[1] === 'venv');
  switch (name) {
    case 'apt':
    case 'apt-get':
    case 'aptitude':
      // An install that is none for installOf() reads files.
      return !args.includes('install') && !args.includes('build-dep');
    case 'command':
      return verb === '-v';
    case 'gpg':
      return !/--import|</.test(command.text);
    case 'install':
      return args.includes('-d');
    case 'node':
      return verb === '--version' || verb === '-v';
    case 'npm':
      return ['config', 'set', 'cache', '-v', '--version'].includes(verb) || installsTool(args);
    default:
      return SETUP.has(name);
  }
}

/** `npm install -g serve`, of something that is not the project. */
function installsTool(args: readonly string[]): boolean {
  const { operands, options } = splitArguments(args, NPM_VALUED);
  const [verb = '', ...packages] = operands;
  const global = options.has('g') || options.has('global');
  return global && NPM_INSTALL.has(verb) && packages.length > 0 && !packages.some(isPath);
}

/** Whether the command may have used the project to prepare an install of the manager that follows. */
export function mayPrepare(command: ShellCommand, manager: Manager): boolean {
  return !isSetup(command) && !(manager === 'apt' && BUILDS.has(basename(command.words[0] ?? '')));
}
