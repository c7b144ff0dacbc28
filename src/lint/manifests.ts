// Which files of the context an install reads: its manifests, their lock files and settings, and what those name. The
// context is only asked through LintInput.
import { basename, dirname, join } from 'node:path/posix';
import type { Install, ProjectManager } from './installs.ts';
import type { LintInput } from './lint.ts';
import { matchesPattern } from './sources.ts';

/** What a package manager looks for in its directory. */
interface Files {
  /** The manifest; of alternatives, the first that is there. */
  manifest: readonly string[];
  /** Its lock file, likewise. */
  lock: readonly string[];
  /** Settings that it reads. */
  settings: readonly string[];
  /** Signs that it may read more: patches, schemas, workspaces. */
  hints: readonly string[];
  /** What in the manifest says that it surely reads more: a path, a script. */
  local: RegExp | null;
}

const NODE_HINTS = ['patches', 'prisma', 'packages', '.husky'];
const NODE_LOCAL = /"\s*:\s*"(file|link|portal):/;

// Where a pattern begins at lines it takes blanks and not line ends: of those a stranger's file may have a million.

/** What each manager reads. pip and `cargo chef cook` are given theirs on the line. */
const FILES: Readonly<Record<ProjectManager, Files>> = {
  npm: {
    manifest: ['package.json'],
    lock: ['package-lock.json', 'npm-shrinkwrap.json'],
    settings: ['.npmrc'],
    hints: NODE_HINTS,
    local: NODE_LOCAL,
  },
  yarn: {
    manifest: ['package.json'],
    lock: ['yarn.lock'],
    settings: ['.yarnrc', '.yarnrc.yml', '.yarn/releases', '.yarn/plugins', '.yarn/patches', '.npmrc'],
    hints: NODE_HINTS,
    local: NODE_LOCAL,
  },
  pnpm: {
    manifest: ['package.json'],
    lock: ['pnpm-lock.yaml'],
    settings: ['pnpm-workspace.yaml', '.pnpmfile.cjs', '.npmrc'],
    hints: NODE_HINTS,
    local: NODE_LOCAL,
  },
  bun: {
    manifest: ['package.json'],
    lock: ['bun.lock', 'bun.lockb'],
    settings: ['bunfig.toml', '.npmrc'],
    hints: NODE_HINTS,
    local: NODE_LOCAL,
  },
  pip: {
    manifest: [],
    lock: [],
    settings: [],
    hints: ['setup.py', 'pyproject.toml'],
    local: /^[ \t]*(-e|--editable|\.{1,2}\/|\.(\s|$|\[)|file:)|@\s*file:/m,
  },
  poetry: {
    manifest: ['pyproject.toml'],
    lock: ['poetry.lock'],
    settings: ['poetry.toml'],
    hints: [],
    local: /\bpath\s*=\s*["']/,
  },
  uv: {
    manifest: ['pyproject.toml'],
    lock: ['uv.lock'],
    settings: ['uv.toml', '.python-version'],
    hints: [],
    local: /^\[tool\.uv\.workspace\]|\bpath\s*=\s*["']|\bworkspace\s*=\s*true/m,
  },
  pipenv: {
    manifest: ['Pipfile'],
    lock: ['Pipfile.lock'],
    settings: [],
    hints: [],
    local: /\b(path|editable)\s*=/,
  },
  bundler: {
    manifest: ['Gemfile'],
    lock: ['Gemfile.lock'],
    settings: ['.ruby-version', '.tool-versions'],
    hints: ['vendor/cache'],
    local: /^[ \t]*gemspec\b|\bpath:|:path\s*=>|^[ \t]*path\s|\b(eval_gemfile|require_relative)\b|\bFile\./m,
  },
  composer: {
    manifest: ['composer.json'],
    lock: ['composer.lock'],
    settings: ['auth.json', 'symfony.lock'],
    hints: ['patches'],
    local: /"type"\s*:\s*"path"/,
  },
  go: {
    manifest: ['go.mod'],
    lock: ['go.sum'],
    settings: [],
    hints: [],
    local: /=>\s*\.{1,2}\//,
  },
  cargo: { manifest: [], lock: [], settings: [], hints: [], local: null },
  maven: {
    manifest: ['pom.xml'],
    lock: [],
    settings: ['mvnw', '.mvn'],
    hints: [],
    local: /<modules>|<relativePath>[^<]|<systemPath>/,
  },
  gradle: {
    manifest: ['build.gradle', 'build.gradle.kts'],
    lock: ['gradle.lockfile'],
    settings: ['settings.gradle', 'settings.gradle.kts', 'gradle.properties', 'gradlew', 'gradle'],
    hints: ['buildSrc'],
    local: /\bproject\s*\(|\bapply\s*(\(\s*)?from\b|\bfiles\s*\(|\bfileTree\s*\(/,
  },
  dotnet: {
    manifest: ['*.csproj', '*.fsproj', '*.vbproj', '*.sln', '*.slnx'],
    lock: ['packages.lock.json'],
    settings: [
      'Directory.Build.props',
      'Directory.Build.targets',
      'Directory.Packages.props',
      'global.json',
      'nuget.config',
      'NuGet.config',
      'NuGet.Config',
    ],
    hints: [],
    local: null,
  },
  mix: {
    manifest: ['mix.exs'],
    lock: ['mix.lock'],
    settings: [],
    hints: [],
    local: /\bpath:|\bapps_path:|\bFile\./,
  },
};

function filesOf({ manager }: Install): Files | null {
  return Object.hasOwn(FILES, manager) ? FILES[manager as ProjectManager] : null;
}

/** The manifests that the install is given, or those that it looks for: each a list of alternatives. */
export function manifestsOf(install: Install): (readonly string[])[] {
  const manifest = filesOf(install)?.manifest ?? [];
  if (install.files.length > 0) return install.files.map((file) => [file]);
  const tool = install.packages.length > 0 && !isNode(install);
  return manifest.length === 0 || tool ? [] : [manifest];
}

/** Whether it is one of the managers that add a named package to a package.json. */
export function isNode({ manager }: Install): boolean {
  return ['npm', 'yarn', 'pnpm', 'bun'].includes(manager);
}

/** The lock files that the manager reads, by name: the first that is there counts. */
export function locksOf(install: Install): readonly string[] {
  return install.files.length > 0 ? [] : (filesOf(install)?.lock ?? []);
}

/** The names of all lock files. */
export const LOCKS: readonly string[] = Object.values(FILES).flatMap(({ lock }) => lock);

/** What an install reads of the context, and what else there is that it may read. Paths in the context. */
interface Needs {
  files: string[];
  hints: string[];
  /** The options that it must be given to read no more; the project itself is then installed below the source. */
  apart: string;
}

/**
 * What the install reads, if its manifest is the file at `origin`. Null if it needs the source: for a local dependency,
 * a script, a package that is the project itself; or if nobody can tell.
 */
export function needsOf(install: Install, origin: string, input: LintInput): Needs | null {
  const known = filesOf(install);
  if (known === null) return { files: [], hints: [], apart: '' };
  const directory = dirname(origin);
  const text = input.contextText?.(origin) ?? null;
  const path = (name: string): string => join(directory, name);
  const there = (name: string): boolean => input.contextHas(path(name)) === true;
  if (text !== null && known.local?.test(text)) return null;
  const more = further(install, origin, text, input);
  if (more === null) return null;
  const settings = install.manager === 'dotnet' ? [] : known.settings.filter(there);
  const own =
    input.contextHas(origin) === true
      ? [basename(origin), ...known.lock.filter(there), ...settings]
      : usual(install, origin, known);
  // A requirements file that can be read says itself whether it takes the project along.
  const scripted = isNode(install) ? install.runsScripts : !(install.manager === 'pip' && text !== null);
  const signs = scripted
    ? known.hints.filter((name) => there(name) && !more.some((file) => file.startsWith(`${path(name)}/`)))
    : [];
  return {
    files: [...own.map(path), ...more],
    hints: [...signs.map(path), ...scriptHints(install, directory, text)],
    apart: needsProject(install, text) ? install.apart : '',
  };
}

/** What to name where the context is not known. */
function usual({ manager, files }: Install, origin: string, { lock }: Files): string[] {
  if (manager === 'npm') return ['package*.json'];
  return files.length > 0 ? [basename(origin)] : [basename(origin), ...lock.slice(0, 1)];
}

/** Whether the install as it stands does something with the project itself. */
function needsProject({ manager, installsProject, runsScripts }: Install, text: string | null): boolean {
  if (manager === 'composer') {
    const autoloads = text === null || /"classmap"/.test(text);
    return installsProject || autoloads || (runsScripts && hasScripts(text));
  }
  if (!installsProject) return false;
  // It says that it is no package.
  if (manager === 'poetry') return !/^package-mode\s*=\s*false/m.test(text ?? '');
  return text === null || (/^\[build-system\]/m.test(text) && !/^package\s*=\s*false/m.test(text));
}

// What scripts of an install may do without the source: check the manager, set up hooks, patch what was installed.
const HARMLESS =
  /^\s*(npx\s+|pnpm\s+exec\s+|yarn\s+)?(only-allow|husky|is-ci|patch-package|lefthook|simple-git-hooks|prisma generate|opencollective|ngcc|echo|exit|true|:)\b/;

/** Files that the manifest leads to. Null where it needs the source. */
function further(install: Install, origin: string, text: string | null, input: LintInput): string[] | null {
  const { manager } = install;
  if (manager === 'dotnet') return dotnetFiles(origin, text, input);
  if (manager === 'pip') return included(origin, text, input);
  if (manager === 'gradle') return severalProjects(dirname(origin), input) ? null : [];
  if (manager === 'go') return input.contextHas(join(dirname(origin), 'go.work')) === true ? null : [];
  if (!isNode(install) || install.files.length > 0) return [];
  if (install.runsScripts && scriptsOf(text).some((script) => !script.split(/&&|\|\||;/).every(isHarmless)))
    return null;
  const found = members(origin, text, input);
  // One of a workspace: what it names lies beside it, and the lock file above.
  return found?.length === 0 && /"\s*:\s*"workspace:/.test(text ?? '') ? null : found;
}

function isHarmless(command: string): boolean {
  return HARMLESS.test(command);
}

function hasScripts(text: string | null): boolean {
  return text === null || /"(pre|post)-(install-cmd|autoload-dump)"/.test(text);
}

/** Whether a package.json may have scripts that an install of it runs; its text is null where it cannot be read. */
export function hasLifecycleScripts(text: string | null): boolean {
  return text === null || /"((pre|post)?(install|prepare|prepublish)|pnpm:devPreinstall)"\s*:/.test(text);
}

/** The scripts that an install runs, as they stand in package.json. */
function scriptsOf(text: string | null): string[] {
  return [
    ...(text ?? '').matchAll(/"(?:preinstall|install|postinstall|prepublish|prepare)"\s*:\s*"((?:[^"\\]|\\.)*)"/g),
  ].map(([, script = '']) => script);
}

function scriptHints(install: Install, directory: string, text: string | null): string[] {
  const scripts = isNode(install) && install.runsScripts ? scriptsOf(text).join() : '';
  return ['patch-package', 'prisma'].flatMap((tool) =>
    scripts.includes(tool) ? [join(directory, tool === 'prisma' ? tool : 'patches')] : [],
  );
}

/** The package.json of each workspace; null where it is not known which there are. */
function members(origin: string, text: string | null, input: LintInput): string[] | null {
  const directory = dirname(origin);
  const yaml = input.contextText?.(join(directory, 'pnpm-workspace.yaml')) ?? '';
  const [, inJson = ''] = /"workspaces"\s*:\s*(?:\{[^[{]*)?\[([^\][]*)\]/.exec(text ?? '') ?? [];
  const [, inYaml = ''] = /^packages:\s*\n((?:\s*(?:-.*|#.*)?\n?)*)/m.exec(yaml) ?? [];
  const patterns = [
    ...[...inJson.matchAll(/"([^"]*)"/g)].map(([, pattern = '']) => pattern),
    ...[...inYaml.matchAll(/^[ \t]*-[ \t]*["']?([^"'\s#]+)/gm)].map(([, pattern = '']) => pattern),
  ];
  const found = patterns.map((pattern) => directoriesOf(join(directory, pattern), input));
  if (found.includes(null)) return null;
  return found
    .flatMap((list) => list ?? [])
    .flatMap((member) => {
      const manifest = join(member, 'package.json');
      return input.contextHas(manifest) === true ? [manifest] : [];
    });
}

/** The directories that a pattern such as `packages/*` names; null for one that is more than that. */
function directoriesOf(pattern: string, { contextNames }: LintInput): string[] | null {
  const plain = pattern.replace(/\/$/, '');
  if (!/[*?![{]/.test(plain)) return [plain];
  const parent = dirname(plain);
  if (basename(plain) !== '*' || /[*?![{]/.test(parent) || contextNames === undefined) return null;
  return contextNames(parent).map((name) => join(parent, name));
}

/** The requirements files that one includes, and those that they include. */
function included(origin: string, text: string | null, input: LintInput, seen = new Set([origin])): string[] | null {
  const names = [...(text ?? '').matchAll(/^[ \t]*(?:-r|-c|--requirement|--constraint)[ \t=]*([^\s#]+)/gm)];
  const paths = names
    .map(([, name = '']) => name)
    .filter((name) => !/^https?:/.test(name))
    .map((name) => join(dirname(origin), name))
    .filter((path) => !seen.has(path));
  for (const path of paths) seen.add(path);
  const nested = paths.map((path) => {
    const content = input.contextText?.(path) ?? null;
    return content !== null && FILES.pip.local?.test(content) ? null : included(path, content, input, seen);
  });
  return nested.includes(null) ? null : [...paths, ...nested.flatMap((list) => list ?? [])];
}

function severalProjects(directory: string, { contextText }: LintInput): boolean {
  return ['settings.gradle', 'settings.gradle.kts'].some((name) =>
    /\binclude(Build)?\b/.test(contextText?.(join(directory, name)) ?? ''),
  );
}

/** The projects that a project or solution needs, and the settings in the directories above each, where MSBuild looks. */
function dotnetFiles(origin: string, text: string | null, input: LintInput): string[] | null {
  const projects = projectReferences(origin, text, input);
  if (projects === null) return null;
  const directories = new Set<string>();
  for (const project of [origin, ...projects]) {
    for (let at = dirname(project); !directories.has(at); at = dirname(at)) directories.add(at);
  }
  const settings = [...directories].flatMap((directory) => FILES.dotnet.settings.map((name) => join(directory, name)));
  return [...projects, ...settings.filter((path) => input.contextHas(path) === true)];
}

/** The projects that a project or solution of .NET refers to, directly or not; null where one of them is not there. */
function projectReferences(
  origin: string,
  text: string | null,
  input: LintInput,
  seen = new Set([origin]),
): string[] | null {
  if (text === null) return null;
  const quoted =
    /(?:ProjectReference\s+Include|Project\s+Path)\s*=\s*"([^"]+)"|^Project\("[^"]*"\)\s*=\s*"[^"]*",\s*"([^"]+proj)"/gm;
  const paths = [...text.matchAll(quoted)]
    .map(([, reference, member]) => join(dirname(origin), (reference ?? member ?? '').replaceAll('\\', '/')))
    .filter((path) => !seen.has(path));
  for (const path of paths) seen.add(path);
  const nested = paths.map((path) => projectReferences(path, input.contextText?.(path) ?? null, input, seen));
  return nested.includes(null) ? null : [...new Set([...paths, ...nested.flatMap((list) => list ?? [])])];
}

/** The first of the alternatives that lies in the directory, patterns resolved; else the first. */
export function pickManifest(alternatives: readonly string[], directory: string, input: LintInput): string {
  const names = input.contextNames?.(directory) ?? [];
  const there = alternatives.flatMap((name) =>
    name.includes('*')
      ? names.filter((candidate) => matchesPattern(candidate, name))
      : input.contextHas(join(directory, name)) === true
        ? [name]
        : [],
  );
  return there[0] ?? alternatives[0] ?? '';
}
