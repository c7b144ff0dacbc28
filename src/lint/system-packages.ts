// Commands of the package managers of systems, told from their words: apt, apk, dnf, yum and zypper.
import { basename } from 'node:path/posix';
import type { ShellCommand } from '../dockerfile/commands.ts';
import { type Arguments, splitArguments, words } from './arguments.ts';
import { remembering } from './steps.ts';

export type SystemManager = 'apt' | 'apk' | 'dnf' | 'yum' | 'zypper';

/** What a package manager of the system is told to do. */
export interface SystemAction {
  manager: SystemManager;
  /** update: fetches the index of packages; install: fetches packages, upgrades included; other: nothing of both. */
  kind: 'update' | 'install' | 'other';
  /** Short, for messages: `apt-get install`. */
  label: string;
  /** What stands behind the verb. */
  packages: string[];
  /** Whether an install fetches its index by itself. */
  refreshes: boolean;
  options: Arguments['options'];
}

interface Dialect {
  manager: SystemManager;
  valued: ReadonlySet<string>;
  update: ReadonlySet<string>;
  install: ReadonlySet<string>;
  /** Options with which an install fetches its index; null where it always does. */
  refresh: ReadonlySet<string> | null;
}

const APT: Dialect = {
  manager: 'apt',
  valued: words('t target-release default-release o option c config-file a host-architecture'),
  update: words('update'),
  install: words('install reinstall build-dep satisfy upgrade dist-upgrade full-upgrade safe-upgrade'),
  refresh: words('U update'),
};
const APK: Dialect = {
  manager: 'apk',
  valued: words('t virtual X repository p root keys-dir repositories-file arch cache-dir cache-max-age wait'),
  update: words('update'),
  install: words('add upgrade'),
  refresh: words('no-cache U update-cache update'),
};
const DNF: Dialect = {
  manager: 'dnf',
  valued: words('setopt enablerepo disablerepo repo releasever installroot c config x exclude forcearch'),
  update: words('makecache'),
  install: words('install localinstall reinstall groupinstall group module builddep update upgrade distro-sync swap'),
  refresh: null,
};
const ZYPPER: Dialect = {
  manager: 'zypper',
  valued: words('R root C cache-dir D repo r from t type p plus-repo'),
  update: words('refresh ref'),
  install: words('install in source-install si update up dist-upgrade dup patch'),
  refresh: null,
};

const DIALECTS = new Map<string, Dialect>([
  ['apt-get', APT],
  ['apt', APT],
  ['aptitude', APT],
  ['apk', APK],
  ['dnf', DNF],
  ['microdnf', DNF],
  ['tdnf', DNF],
  ['yum', { ...DNF, manager: 'yum' }],
  ['zypper', ZYPPER],
]);

/** Reads the command as one of a system's package manager, behind xargs as well; null if it is none. */
export const systemAction = remembering(({ words: all }: ShellCommand): SystemAction | null => {
  const at = basename(all[0] ?? '') === 'xargs' ? all.findIndex((word) => DIALECTS.has(basename(word))) : 0;
  const name = basename(all[at] ?? '');
  const dialect = DIALECTS.get(name);
  if (dialect === undefined) return null;
  const { operands, options } = splitArguments(all.slice(at + 1), dialect.valued);
  const [verb = '', ...packages] = operands;
  return {
    manager: dialect.manager,
    kind: dialect.install.has(verb) ? 'install' : dialect.update.has(verb) ? 'update' : 'other',
    label: `${name} ${verb}`.trim(),
    packages,
    refreshes: dialect.refresh === null || [...options.keys()].some((option) => dialect.refresh?.has(option)),
    options,
  };
});
