// What an install command reads, told from its words: of the package managers of languages and of systems. Commands in,
// facts out; which of them is a fault is the business of the rules, which files a manager reads that of manifests.ts.
import { basename } from 'node:path/posix';
import type { ShellCommand } from '../dockerfile/commands.ts';
import { changeDirectory } from '../dockerfile/workdir.ts';
import { type Arguments, isComputed, isPath, splitArguments, words } from './arguments.ts';
import { remembering } from './steps.ts';
import { type SystemManager, systemAction } from './system-packages.ts';

export type ProjectManager =
  | 'npm'
  | 'yarn'
  | 'pnpm'
  | 'bun'
  | 'pip'
  | 'poetry'
  | 'uv'
  | 'pipenv'
  | 'bundler'
  | 'composer'
  | 'go'
  | 'cargo'
  | 'maven'
  | 'gradle'
  | 'dotnet'
  | 'mix';
export type Manager = ProjectManager | SystemManager;

/** An install that reads no more of the project than its manifests. */
export interface Install {
  manager: Manager;
  /** Short, for messages: `npm ci`, `pip install -r requirements.txt`. */
  label: string;
  /** Where it works, as ShellCommand.workdir tells it; `--prefix` and the like count. */
  directory: string | null;
  /** The manifests that it is given on the line, as written: relative to `directory`. Else it looks for its own there. */
  files: string[];
  /** Packages named on the line: with these and no files it reads nothing of the project. */
  packages: string[];
  /** Whether it runs scripts of the project, which may read anything: npm without `--ignore-scripts`. */
  runsScripts: boolean;
  /** Whether it does something with the project itself, as `uv sync` does where that is a package. */
  installsProject: boolean;
  /** The options with which it installs the dependencies alone; '' if it does anyway, or has none. */
  apart: string;
}

/** Of an install, what its line tells; installOf() adds the rest. */
type Told = Pick<Install, 'label'> & Partial<Install>;

const SYSTEM: ReadonlySet<Manager> = new Set<SystemManager>(['apt', 'apk', 'dnf', 'yum', 'zypper']);

/** Whether the install takes packages of the system: it reads nothing of the project. */
export function isSystem({ manager }: Install): boolean {
  return SYSTEM.has(manager);
}

/** A program that installs, and how its arguments are read. */
interface Dialect {
  manager: ProjectManager;
  /** Options that take a value. */
  valued: ReadonlySet<string>;
  /** Options that name the directory it works in. */
  directory?: readonly string[];
  /** What the arguments install; null if nothing, or more than manifests say. */
  read: (args: Arguments, command: ShellCommand) => Told | null;
}

/**
 * Reads the command as an install. Null if it is none, or if it takes packages from the file system or from where
 * nobody can tell (`pip install .`, `npm install ./lib`, `apt-get install $(cat packages)`): those need the source.
 * `npm install -g` is none either: it sets up a tool and leaves the project alone.
 */
export const installOf = remembering((command: ShellCommand): Install | null => {
  const found = systemInstall(command) ?? projectInstall(command);
  return found === null || [...found.files, ...found.packages].some(isComputed) ? null : found;
});

function systemInstall(command: ShellCommand): Install | null {
  const action = systemAction(command);
  if (action?.kind !== 'install' || command.words[0] === 'xargs') return null;
  const { manager, label, packages, options } = action;
  // Its own settings may come with the source, and an upgrade names nothing.
  if (packages.length === 0 || options.has('c') || options.has('config-file')) return null;
  if (packages.some((name) => isPath(name) || /\.(deb|rpm|apk)$/.test(name))) return null;
  return { ...NOTHING, manager, label, directory: command.workdir, packages };
}

const NOTHING = { files: [], packages: [], runsScripts: false, installsProject: false, apart: '' };

function projectInstall(command: ShellCommand): Install | null {
  const [program = '', ...args] = command.words;
  const name = basename(program);
  const behindPython = /^python[\d.]*$/.test(name) && args[0] === '-m';
  const dialect = dialectOf(behindPython ? (args[1] ?? '') : name);
  if (dialect === undefined) return null;
  const { manager, valued, read } = dialect;
  const split = splitArguments(behindPython ? args.slice(2) : args, valued);
  const told = read(split, command);
  if (told === null) return null;
  const elsewhere = dialect.directory?.flatMap((option) => split.options.get(option) ?? []).at(-1) ?? '.';
  const directory = /[$`]/.test(elsewhere) ? null : changeDirectory(command.workdir, elsewhere);
  return { ...NOTHING, manager, directory, ...told };
}

function dialectOf(name: string): Dialect | undefined {
  return DIALECTS.get(/^pip[\d.]*$/.test(name) ? 'pip' : name);
}

const NPM_VALUED = words(
  'prefix C cache registry omit include only loglevel userconfig globalconfig workspace w location tag script-shell before fetch-retries fetch-timeout maxsockets install-strategy cpu os libc',
);
const PIP_VALUED = words(
  'r requirement c constraint e editable i index-url extra-index-url f find-links t target prefix root src platform python-version implementation abi only-binary no-binary progress-bar proxy retries timeout trusted-host cert client-cert cache-dir log upgrade-strategy global-option config-settings C report use-feature exists-action root-user-action python group',
);

const NPM_INSTALL = words(
  'install i in ins inst insta instal isnt isnta isntal isntall add ci clean-install ic install-clean isntall-clean',
);

function has({ options }: Arguments, ...names: string[]): boolean {
  return names.some((name) => options.has(name));
}

function npm(args: Arguments): Told | null {
  const { operands, options } = args;
  const [verb = '', ...packages] = operands;
  if (!NPM_INSTALL.has(verb)) return null;
  if (has(args, 'g', 'global') || options.get('location')?.includes('global')) return null;
  // Workspaces read a package.json in directories that the line does not name.
  if (has(args, 'w', 'workspace', 'ws', 'workspaces')) return null;
  return scripted('npm', verb, packages, args);
}

/** An install that may run scripts of the project, as those for Node do. */
function scripted(program: string, verb: string, packages: string[], { options }: Arguments): Told | null {
  if (packages.some((name) => isPath(name) || isVariable(name) || /^(file|link):|\.tgz$/.test(name))) return null;
  const ignores = options.has('ignore-scripts') && options.get('ignore-scripts')?.at(-1) !== 'false';
  return {
    label: [program, verb, ...(packages.length > 0 ? [shortened(packages)] : [])].join(' ').trim(),
    packages,
    runsScripts: !ignores,
  };
}

function yarn(args: Arguments): Told | null {
  const [verb = 'install', ...packages] = args.operands;
  if ((verb !== 'install' && verb !== 'add') || has(args, 'version', 'v', 'help')) return null;
  return scripted('yarn', verb, packages, args);
}

function pnpm(args: Arguments): Told | null {
  const [verb = '', ...packages] = args.operands;
  if (has(args, 'g', 'global', 'filter', 'F') || !['install', 'i', 'add', 'ci', 'fetch'].includes(verb)) return null;
  // Fetching reads the lock file and nothing else.
  return verb === 'fetch' ? { label: 'pnpm fetch', files: ['pnpm-lock.yaml'] } : scripted('pnpm', verb, packages, args);
}

function bun(args: Arguments): Told | null {
  const [verb = '', ...packages] = args.operands;
  if (has(args, 'g', 'global', 'filter') || !['install', 'i', 'add', 'ci'].includes(verb)) return null;
  return scripted('bun', verb, packages, args);
}

function pip({ operands, options }: Arguments): Told | null {
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
  return { label: ['pip install', ...requirements.map((file) => `-r ${file}`), ...named].join(' '), files, packages };
}

function isLocal(file: string): boolean {
  return !/^https?:/.test(file);
}

function poetry(args: Arguments): Told | null {
  const [verb, ...packages] = args.operands;
  if ((verb !== 'install' && verb !== 'sync') || packages.length > 0) return null;
  const alone = has(args, 'no-root', 'no-directory');
  return { label: `poetry ${verb}`, installsProject: !alone, apart: alone ? '' : '--no-root' };
}

function uv(args: Arguments): Told | null {
  const [verb = '', ...rest] = args.operands;
  if (verb === 'pip') {
    const inner = rest[0] === 'sync' ? { ...args, operands: ['install'], options: synced(args, rest.slice(1)) } : null;
    const told = pip(inner ?? { ...args, operands: rest });
    return told && { ...told, label: `uv ${told.label}` };
  }
  if (verb !== 'sync' || has(args, 'package', 'all-packages')) return null;
  const alone = has(args, 'no-install-project', 'no-install-workspace');
  return { label: 'uv sync', installsProject: !alone, apart: alone ? '' : '--no-install-project' };
}

/** `uv pip sync a.txt` installs what `uv pip install -r a.txt` would. */
function synced({ options }: Arguments, files: readonly string[]): Arguments['options'] {
  return new Map([...options, ['r', [...files]]]);
}

function pipenv({ operands }: Arguments): Told | null {
  const [verb, ...packages] = operands;
  if (verb !== 'install' && verb !== 'sync') return null;
  return packages.length > 0 ? null : { label: `pipenv ${verb}` };
}

function bundler({ operands }: Arguments): Told | null {
  const [verb = 'install'] = operands;
  return verb === 'install' || verb === 'i' ? { label: 'bundle install' } : null;
}

function gem({ operands }: Arguments): Told | null {
  const [verb, ...packages] = operands;
  if ((verb !== 'install' && verb !== 'i') || packages.length === 0) return null;
  if (packages.some((name) => isPath(name) || isVariable(name) || name.endsWith('.gem'))) return null;
  return { label: `gem install ${shortened(packages)}`, packages };
}

function composer(args: Arguments): Told | null {
  if (!['install', 'i'].includes(args.operands[0] ?? '')) return null;
  const runsScripts = !has(args, 'no-scripts');
  const autoloads = !has(args, 'no-autoloader');
  return {
    label: 'composer install',
    runsScripts,
    // An optimised autoloader lists the classes of the project.
    installsProject:
      autoloads && has(args, 'o', 'optimize-autoloader', 'a', 'classmap-authoritative', 'apcu-autoloader'),
    apart: [...(runsScripts ? ['--no-scripts'] : []), ...(autoloads ? ['--no-autoloader'] : [])].join(' '),
  };
}

function go({ operands }: Arguments): Told | null {
  const [verb = '', subject = '', ...others] = operands;
  if (verb === 'mod' && subject === 'download') return others.length > 0 ? null : { label: 'go mod download' };
  const tools = operands.slice(1);
  if (verb !== 'install' || tools.length === 0 || tools.some((name) => isPath(name) || !name.includes('@')))
    return null;
  return { label: `go install ${shortened(tools)}`, packages: tools };
}

function cargo(args: Arguments): Told | null {
  const [verb = '', ...packages] = args.operands;
  if (verb === 'chef' && packages[0] === 'cook') {
    return { label: 'cargo chef cook', files: [args.options.get('recipe-path')?.at(-1) ?? 'recipe.json'] };
  }
  if (verb !== 'install' || has(args, 'path') || (packages.length === 0 && !has(args, 'git'))) return null;
  const named = packages.length > 0 ? packages : (args.options.get('git') ?? []);
  return named.some(isVariable) ? null : { label: `cargo install ${shortened(named)}`, packages: named };
}

function maven(args: Arguments): Told | null {
  const goals = args.operands;
  const resolves = goals.length > 0 && goals.every((goal) => /(^|:)(go-offline|resolve(-plugins)?)$/.test(goal));
  return resolves && !has(args, 'pl', 'projects') ? { label: `mvn ${goals.join(' ')}` } : null;
}

function gradle({ operands }: Arguments): Told | null {
  const resolves = operands.length > 0 && operands.every((task) => task === 'dependencies');
  return resolves ? { label: 'gradle dependencies' } : null;
}

function dotnet({ operands }: Arguments): Told | null {
  const [verb, ...files] = operands;
  if (verb !== 'restore' || files.length > 1 || files.some((file) => /[$*?[]/.test(file))) return null;
  const [file] = files;
  if (file !== undefined && !/\.((cs|fs|vb)proj|slnx?)$/.test(file)) return null;
  return { label: ['dotnet restore', ...files].join(' '), files };
}

function mix({ operands }: Arguments): Told | null {
  return operands[0] === 'deps.get' ? { label: 'mix deps.get' } : null;
}

const NODE_VALUED =
  'prefix C cwd dir registry loglevel network-timeout cache-folder modules-folder mutex reporter store-dir';

const DIALECTS = new Map<string, Dialect>(
  Object.entries({
    npm: { manager: 'npm', valued: NPM_VALUED, directory: ['prefix', 'C'], read: npm },
    yarn: { manager: 'yarn', valued: words(NODE_VALUED), directory: ['cwd'], read: yarn },
    yarnpkg: { manager: 'yarn', valued: words(NODE_VALUED), directory: ['cwd'], read: yarn },
    pnpm: { manager: 'pnpm', valued: words(`${NODE_VALUED} filter F`), directory: ['dir', 'C'], read: pnpm },
    bun: { manager: 'bun', valued: words(`${NODE_VALUED} filter`), directory: ['cwd'], read: bun },
    pip: { manager: 'pip', valued: PIP_VALUED, read: pip },
    poetry: {
      manager: 'poetry',
      valued: words('C directory P project with without only E extras'),
      directory: ['directory', 'C', 'project', 'P'],
      read: poetry,
    },
    uv: {
      manager: 'uv',
      valued: words(`${[...PIP_VALUED].join(' ')} p directory project extra only-group no-group link-mode`),
      directory: ['directory', 'project'],
      read: uv,
    },
    pipenv: { manager: 'pipenv', valued: words('python categories extra-pip-args'), read: pipenv },
    bundle: {
      manager: 'bundler',
      valued: words('j jobs path without with retry gemfile'),
      read: bundler,
    },
    bundler: { manager: 'bundler', valued: words('j jobs path without with retry gemfile'), read: bundler },
    gem: {
      manager: 'bundler',
      valued: words('v version i install-dir n bindir P trust-policy platform s source'),
      read: gem,
    },
    composer: { manager: 'composer', valued: words('d working-dir'), directory: ['d', 'working-dir'], read: composer },
    go: { manager: 'go', valued: words('C ldflags tags mod modfile'), directory: ['C'], read: go },
    cargo: {
      manager: 'cargo',
      valued: words(
        'path git version vers branch tag rev features F target recipe-path root j jobs profile p package bin',
      ),
      read: cargo,
    },
    mvn: { manager: 'maven', valued: words('f file pl projects P activate-profiles s settings T'), read: maven },
    mvnw: { manager: 'maven', valued: words('f file pl projects P activate-profiles s settings T'), read: maven },
    gradle: { manager: 'gradle', valued: words('p project-dir b g I'), directory: ['p', 'project-dir'], read: gradle },
    gradlew: { manager: 'gradle', valued: words('p project-dir b g I'), directory: ['p', 'project-dir'], read: gradle },
    dotnet: {
      manager: 'dotnet',
      valued: words('r runtime s source configfile packages v verbosity a arch os'),
      read: dotnet,
    },
    mix: { manager: 'mix', valued: words('only'), read: mix },
  } satisfies Record<string, Dialect>),
);

/** A whole package in a variable: it may be a path. */
function isVariable(name: string): boolean {
  return name.startsWith('$');
}

function shortened(packages: readonly string[]): string {
  return packages.length > 1 ? `${packages[0]} …` : packages.join();
}

// They set up the system or a directory, look around, or talk: none of them reads the project.
const SETUP = words(
  ': [ add-apt-repository addgroup adduser apt-key apt-mark cd chmod chown corepack curl date debconf-set-selections dpkg-reconfigure echo env exit export false getent groupadd id ldconfig ln locale-gen ls mkdir mktemp nproc printf pwd rm rmdir rustup set sha256sum sha512sum sleep test touch true umask uname unset update-alternatives update-ca-certificates useradd usermod virtualenv wget which whoami',
);
// They set up themselves with these verbs.
const SELF = new Map(
  Object.entries({
    bundle: words('config'),
    command: words('-v'),
    composer: words('config self-update clear-cache clearcache'),
    dotnet: words('--info --version nuget'),
    dpkg: words('--add-architecture --print-architecture'),
    gem: words('update sources'),
    git: words('config'),
    go: words('env version clean'),
    mix: words('local.hex local.rebar'),
    node: words('--version -v'),
    npm: words('config set cache -v --version'),
    pip: words('config --version cache'),
    pnpm: words('config setup store'),
    poetry: words('config --version self'),
    uv: words('venv python tool --version'),
    yarn: words('config cache set --version'),
  }),
);
// They build the project: no package manager of the system takes notice of what they make, those of languages may.
const BUILDS = words('bun bundle cargo composer dotnet go gradle mix mvn npm npx pip pip3 pnpm poetry tsc uv yarn');

/** Whether the command reads nothing of the project, or no more than manifests: it may stand above the source. */
export const isSetup = remembering((command: ShellCommand): boolean => {
  const [program, ...args] = command.words;
  if (program === undefined || installOf(command) !== null) return true;
  const action = systemAction(command);
  // An install that is none for installOf() reads files; an upgrade names no packages.
  if (action !== null)
    return action.kind !== 'install' || (action.packages.length === 0 && !/install/.test(action.label));
  const name = basename(program);
  const [verb = ''] = args;
  if (/^python[\d.]*$/.test(name)) return verb === '--version' || (verb === '-m' && args[1] === 'venv');
  if (name === 'gpg') return !/--import|</.test(command.text);
  if (name === 'install') return args.includes('-d');
  // Mirrors are chosen so.
  if (name === 'sed') return args.at(-1)?.startsWith('/etc/') ?? false;
  return (
    SETUP.has(name) || (SELF.get(name.replace(/^pip[\d.]*$/, 'pip'))?.has(verb) ?? false) || installsTool(name, args)
  );
});

/** `npm install -g serve`, of something that is not the project. */
function installsTool(name: string, args: readonly string[]): boolean {
  const dialect = ['npm', 'pnpm', 'bun', 'yarn'].includes(name) ? dialectOf(name) : undefined;
  if (dialect === undefined) return false;
  const split = splitArguments(args, dialect.valued);
  const [first = '', second = '', ...others] = split.operands;
  const global = has(split, 'g', 'global') || (name === 'yarn' && first === 'global');
  const packages = first === 'global' ? others : [second, ...others];
  const installs = NPM_INSTALL.has(first === 'global' ? second : first);
  return global && installs && packages.some((packed) => packed !== '') && !packages.some(isPath);
}

/** Whether the command may have used the project to prepare an install that follows: of the system's packages, or others. */
export function mayPrepare(command: ShellCommand, system: boolean): boolean {
  return !isSetup(command) && !(system && BUILDS.has(basename(command.words[0] ?? '')));
}
