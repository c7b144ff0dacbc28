// A directory tree as the file system tells it: names, kinds, modes, sizes and links. Nothing is opened but by `text`.

import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';

export type Kind = 'file' | 'directory' | 'symlink' | 'other';

export interface Entry {
  /** From the root of the tree, without a slash in front; '' is the root itself. */
  path: string;
  /** `other` is a device, a socket or a pipe. */
  kind: Kind;
  /** The permission bits. */
  mode: number;
  /** Bytes of a file; of a link, of its target; 0 for all else. */
  size: number;
  /** Where a symlink points to, as it is written there; null for all else. */
  target: string | null;
}

/** Looks at one tree. What is not there or may not be seen is as good as absent: nothing here throws. */
export interface Tree {
  /** What the path is, links not followed at its end; who asks sees to it that none is on the way. */
  entry(path: string): Entry | null;
  /** The names in a directory, in no order. One that is not UTF-8, on which the builder fails, leads to no entry. */
  names(path: string): string[];
  /** The content of a file as UTF-8, wrong bytes replaced; null where there is none. Links are followed. */
  text(path: string): string | null;
}

// Calls that wait, on purpose: a promise for each of 100,000 files takes several times as long.
export function openTree(root: string): Tree {
  const at = (path: string): string => (path === '' ? root : `${root}/${path}`);
  return {
    entry(path) {
      return attempt(() => {
        // Of the root itself, a link to it is followed.
        const stats = lstatSync(path === '' ? `${root}/` : at(path));
        const kind = kindOf(stats);
        return {
          path,
          kind,
          mode: stats.mode & 0o7777,
          size: kind === 'file' || kind === 'symlink' ? stats.size : 0,
          target: kind === 'symlink' ? readlinkSync(at(path)) : null,
        };
      });
    },
    names: (path) => attempt(() => readdirSync(at(path))) ?? [],
    text: (path) => attempt(() => readFileSync(at(path), 'utf8')),
  };
}

function kindOf(entry: Stats): Kind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}

function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
