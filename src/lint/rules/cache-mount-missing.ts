// Installs that fetch all dependencies again when one of them has changed, and builds that do with every change of the
// source, because no cache mount keeps what was fetched. One finding for a file.
//
// Not flagged, on purpose:
// - A RUN with a cache mount, whichever: somebody has thought of it.
// - Downloads that later steps need from the layer (`go mod download`, `cargo chef cook`, `dotnet restore`, `pnpm fetch`):
//   in a mount they are gone when it is, while the step still comes from the cache.
// - Packages of the system, and tools that are named on the line.
// - RUNs of another user than root, whose cache is who knows where, and of images that are known to begin with one
//   or that only the build names; Windows, which has no such mounts.
import { basename } from 'node:path/posix';
import type { ShellCommand } from '../../dockerfile/commands.ts';
import type { Dockerfile, Instruction, Stage } from '../../dockerfile/dockerfile.ts';
import { copied, flagValue, mounts } from '../../dockerfile/files.ts';
import { parentOf } from '../../dockerfile/stages.ts';
import { type BuildArgs, globalScope, resolve } from '../../dockerfile/variables.ts';
import { installOf, type Manager, type ProjectManager } from '../installs.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';
import { manifestsOf } from '../manifests.ts';
import { asLine } from '../paste.ts';
import { commandsOf, mentions, ownInstructions } from '../steps.ts';
import { list, shortened, unique } from '../texts.ts';

export const cacheMountMissing: Rule = {
  id: 'cache-mount-missing',
  severity: 'notice',
  summary: 'Dependencies are all fetched again when one of them has changed, because no cache mount keeps the rest.',
  check(input) {
    const { dockerfile } = input;
    return isForWindows(dockerfile) ? [] : report(fetchesOf(dockerfile, input.job?.buildArgs), input);
  },
};

// What they install is elsewhere: the cache, where it lies for root, is only for the next time.
const CACHES: Readonly<Partial<Record<Manager, readonly string[]>>> = {
  npm: ['/root/.npm'],
  yarn: ['/usr/local/share/.cache/yarn'],
  pnpm: ['/root/.local/share/pnpm/store'],
  bun: ['/root/.bun/install/cache'],
  pip: ['/root/.cache/pip'],
  poetry: ['/root/.cache/pypoetry'],
  uv: ['/root/.cache/uv'],
  pipenv: ['/root/.cache/pipenv'],
  composer: ['/root/.composer/cache'],
};

/** A build that fetches as it goes. */
interface Build {
  pattern: RegExp;
  manager: ProjectManager;
  caches: readonly string[];
  /** What it builds without fetching. */
  offline: RegExp;
}

const BUILDS: readonly Build[] = [
  {
    pattern: /^go (build|install|test)\b/,
    manager: 'go',
    caches: ['/go/pkg/mod', '/root/.cache/go-build'],
    offline: /-mod=vendor|\.go\b/,
  },
  {
    pattern: /^cargo (build|b|test|install --path)\b/,
    manager: 'cargo',
    caches: ['/usr/local/cargo/registry'],
    offline: /--(offline|frozen)/,
  },
  {
    pattern: /^mvnw? (.* )?(package|install|verify|compile|test)\b/,
    manager: 'maven',
    caches: ['/root/.m2'],
    offline: / -o\b|--offline/,
  },
  {
    pattern: /^gradlew? (.* )?(build|assemble|\w*[jJ]ar|test)\b/,
    manager: 'gradle',
    caches: ['/root/.gradle'],
    offline: /--offline/,
  },
  {
    pattern: /^dotnet (build|publish|test)\b/,
    manager: 'dotnet',
    caches: ['/root/.nuget/packages'],
    offline: /--no-restore/,
  },
];

/** A RUN without a cache mount, and what it fetches with. */
interface Fetch {
  run: Instruction;
  manager: Manager;
  label: string;
  caches: readonly string[];
  /** Whether it is a build, which every change of the source runs. */
  builds: boolean;
}

// Images of these begin with a user of their own.
const NOT_ROOT = /(^|\/)(bitnami|cimg|circleci|gitpod|jupyter)\//;

function isForWindows({ escape: escapeToken, stages, instructions }: Dockerfile): boolean {
  return (
    escapeToken === '`' ||
    stages.some(({ base }) => /windows|nanoserver|servercore|dotnet\/framework/i.test(base.name)) ||
    instructions.some(({ keyword, text }) => keyword === 'SHELL' && /powershell|pwsh|cmd/i.test(text))
  );
}

/** What a stage knows on the way down. */
interface State {
  /** Whether RUNs are root's. */
  root: boolean;
  /** Whether source from the context is there. */
  source: boolean;
  /** What has built already. */
  built: Set<Manager>;
}

function fetchesOf(dockerfile: Dockerfile, buildArgs: BuildArgs | undefined): Fetch[] {
  const states = new Map<Stage, State>();
  const fetches: Fetch[] = [];
  const inLayers = new Set<Manager>();
  const globals = globalScope(dockerfile, buildArgs);
  for (const stage of dockerfile.stages) {
    const parent = parentOf(dockerfile, stage);
    const image = resolve(stage.base.name, globals, dockerfile.escape) ?? '';
    const state: State = {
      root: image !== '' && !NOT_ROOT.test(image),
      source: false,
      ...(parent && states.get(parent)),
      built: new Set(),
    };
    states.set(stage, state);
    for (const instruction of ownInstructions(stage)) {
      if (instruction.keyword === 'USER') state.root = /^(root|0)(:|$)/.test(instruction.rest);
      if (bringsSource(instruction)) {
        state.source = true;
        // A build in front of more source fetches what it needs into a layer, on purpose.
        for (const manager of state.built) inLayers.add(manager);
      }
      const cached = mounts(instruction).some(({ type }) => type === 'cache');
      for (const command of commandsOf(instruction)) {
        const download = layeredDownload(command);
        if (download !== null) inLayers.add(download);
        const fetch = fetchOf(command);
        if (fetch?.builds && !state.source) inLayers.add(fetch.manager);
        if (fetch?.builds) state.built.add(fetch.manager);
        if (fetch !== null && state.root && !cached) fetches.push({ run: instruction, ...fetch });
      }
    }
  }
  return fetches.filter(({ manager }) => !inLayers.has(manager));
}

function bringsSource(instruction: Instruction): boolean {
  if (flagValue(instruction, 'from') !== null) return false;
  const mounted = mounts(instruction).some(({ type, from }) => type === 'bind' && from === null);
  return (
    mounted || (copied(instruction)?.sources.some(({ text }) => /(^|\/)(\.{0,2}|\*|[^.]+)\/?$/.test(text)) ?? false)
  );
}

/** The manager whose packages the command fetches for later steps, into the layer. */
function layeredDownload(command: ShellCommand): Manager | null {
  const install = installOf(command);
  if (install !== null) {
    const kept = install.files.includes('pnpm-lock.yaml') || CACHES[install.manager] === undefined;
    return kept ? install.manager : null;
  }
  const [program = '', verb = '', what = ''] = command.words;
  if (basename(program) === 'go')
    return verb === 'get' || (verb === 'mod' && ['vendor', 'tidy', 'download'].includes(what)) ? 'go' : null;
  return basename(program) === 'cargo' && (verb === 'fetch' || verb === 'vendor') ? 'cargo' : null;
}

function fetchOf(command: ShellCommand): Omit<Fetch, 'run'> | null {
  const install = installOf(command);
  if (install !== null) {
    const { manager, label, packages } = install;
    const caches = packages.length === 0 && manifestsOf(install).length > 0 ? CACHES[manager] : undefined;
    return caches ? { manager, label, caches, builds: false } : null;
  }
  const [program = '', ...args] = command.words;
  const text = [basename(program), ...args].join(' ');
  const build = BUILDS.find(({ pattern, offline }) => pattern.test(text) && !offline.test(text));
  if (build === undefined) return null;
  const [label = ''] = build.pattern.exec(text) ?? [];
  return {
    manager: build.manager,
    label: label.length > 40 ? basename(program) : label,
    caches: build.caches,
    builds: true,
  };
}

function report(all: readonly Fetch[], input: LintInput): RuleFinding[] {
  const fetches = all.filter(({ manager }) => manager !== 'go' || input.contextHas('vendor') !== true);
  const [first] = fetches;
  if (first === undefined) return [];
  const alike = fetches.filter(({ builds }) => builds === first.builds);
  const labels = unique(alike.map(({ label }) => `\`${label}\``));
  const runs = unique(alike.map(({ run }) => run));
  const when = first.builds ? 'With every change of the source' : 'When one dependency changes';
  const lines = runs.slice(0, 3).map((run) => {
    const targets = unique(
      alike.filter((fetch) => fetch.run === run).flatMap(({ manager, caches }) => cachesIn(manager, caches, input)),
    );
    return withMounts(run, targets);
  });
  return [
    {
      range: first.run.range,
      confidence: 'medium',
      message: `${when}, ${list(shortened(labels, 4), 'and')} ${labels.length === 1 ? 'fetches' : 'fetch'} all of the dependencies again: nothing keeps what was fetched before.`,
      remedy: [
        'Keep it in a cache mount, which stays with the builder and outside the image. On a hosted runner the builder begins empty, so that it helps on machines that stay:',
        ...lines,
        ...cleaning(runs, input.dockerfile),
      ].join('\n'),
      related: runs.slice(1).map((run) => ({ range: run.range, message: 'the same here' })),
    },
  ];
}

function cachesIn(manager: Manager, caches: readonly string[], { contextHas }: LintInput): readonly string[] {
  // The newer yarn has another place.
  return manager === 'yarn' && contextHas('.yarnrc.yml') === true ? ['/root/.yarn/berry/cache'] : caches;
}

function withMounts(run: Instruction, targets: readonly string[]): string {
  const flags = targets.map((target) => `--mount=type=cache,target=${target} `).join('');
  const line = asLine(run);
  return line.startsWith('#') ? `RUN ${flags}…\n${line}` : `RUN ${flags}${line.replace(/^RUN\s+/i, '')}`;
}

/** What would empty the mount, or not fill it. */
function cleaning(runs: readonly Instruction[], { instructions }: Dockerfile): string[] {
  const [cleans] = runs.flatMap(({ text }) => /\b\w+ cache (clean|purge|clear)|--no-cache-dir\b/.exec(text) ?? []);
  const switched = instructions.some(
    (instruction) => instruction.keyword === 'ENV' && mentions(instruction).has('PIP_NO_CACHE_DIR'),
  );
  const told = runs.flatMap(commandsOf).some((command) => fetchOf(command) && command.words.includes('--no-cache'));
  const off = cleans ?? (told ? '--no-cache' : switched ? 'PIP_NO_CACHE_DIR' : undefined);
  return off === undefined ? [] : [`Leave \`${off}\` out then: it keeps the cache empty.`];
}
