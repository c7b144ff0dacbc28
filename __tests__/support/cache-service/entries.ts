// What the service keeps: entries by key, version and scope. Their rules, without the network.

import { READ, type Scope, WRITE } from './token.ts';

/** A file that holds a piece of an entry: one of its blocks, or all of it. */
export interface Part {
  file: string;
  bytes: number;
}

export interface Stored {
  id: number;
  key: string;
  version: string;
  scope: string;
  created: number;
  used: number;
  /** Blocks that are uploaded, by their id; they count once the block list names them. */
  blocks: Map<string, Part>;
  parts: Part[];
  uploaded: boolean;
  /** Restores find it: its upload was finalized. */
  final: boolean;
}

export const bytesOf = (entry: Stored) => entry.parts.reduce((sum, { bytes }) => sum + bytes, 0);

export class Entries {
  #all = new Map<number, Stored>();
  #next = 1;

  get(id: number): Stored | undefined {
    return this.#all.get(id);
  }

  final(): Stored[] {
    return [...this.#all.values()].filter(({ final }) => final);
  }

  /** Where a token may write. */
  writable(scopes: Scope[]): string | undefined {
    return scopes.find(({ Permission }) => Permission & WRITE)?.Scope;
  }

  find(key: string, version: string, scope: string): Stored | undefined {
    return [...this.#all.values()].find((it) => it.key === key && it.version === version && it.scope === scope);
  }

  /** A new entry, not yet uploaded; undefined if there is one already, be it finished or under way. */
  reserve(key: string, version: string, scope: string): Stored | undefined {
    if (this.find(key, version, scope)) {
      return undefined;
    }
    const [id, now] = [this.#next++, Date.now()];
    const entry: Stored = {
      ...{ id, key, version, scope, created: now, used: now },
      ...{ blocks: new Map(), parts: [], uploaded: false, final: false },
    };
    this.#all.set(id, entry);
    return entry;
  }

  /**
   * GitHub's order: scope after scope as the token lists them; in each the very key, then the newest that starts with
   * it, then the newest that starts with each restore key in turn.
   */
  match(key: string, restoreKeys: string[], version: string, scopes: Scope[]): Stored | undefined {
    for (const { Scope, Permission } of scopes) {
      const here = this.final()
        .filter((it) => Permission & READ && it.scope === Scope && it.version === version)
        .sort((a, b) => b.created - a.created || b.id - a.id);
      const found = [
        here.find((it) => it.key === key),
        ...[key, ...restoreKeys].map((prefix) => here.find((it) => it.key.startsWith(prefix))),
      ].find((it) => it !== undefined);
      if (found) {
        found.used = Date.now();
        return found;
      }
    }
    return undefined;
  }

  delete(entry: Stored): void {
    this.#all.delete(entry.id);
  }

  /** The least recently used entries that have to go to stay within so many bytes. */
  excess(maxBytes: number): Stored[] {
    const byUse = this.final().sort((a, b) => a.used - b.used || a.id - b.id);
    let total = byUse.reduce((sum, it) => sum + bytesOf(it), 0);
    return byUse.filter((it) => {
      const goes = total > maxBytes;
      total -= goes ? bytesOf(it) : 0;
      return goes;
    });
  }
}
