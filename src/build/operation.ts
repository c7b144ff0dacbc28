// What the builder was given for a step, out of the provenance: the operation that its cache key is made of. Pure.
// https://github.com/moby/buildkit/blob/v0.25.0/solver/pb/ops.proto, the keys: solver/llbsolver/ops/{exec,file}.go

import type { Material } from './metadata.ts';

/** A vertex of the builder's graph, as the provenance writes it. */
export interface Llb {
  id?: string;
  op?: { Op?: Record<string, unknown>; platform?: unknown };
  /** `step3:0`: the first output of step3. */
  inputs?: string[];
}

export interface Operation {
  /**
   * All of it that its key is made of, less the environment and what its inputs are. Values of variables stand in it: it
   * is to be hashed, not kept.
   */
  text: string;
  /** Of a RUN: the variables that it sees. */
  environment: Map<string, string> | null;
  /** Of a source: where it comes from, without a digest, and the digest that was found there. */
  source: { name: string; digest: string | null } | null;
  /** Its inputs, in order. */
  inputs: Operation[];
}

interface Exec {
  meta?: { env?: string[] };
  mounts?: { mountType?: number }[];
}

/** The operations by their ids; what is not as buildx writes it is left out. */
export function operationsOf(llb: Llb[], materials: Material[]): Map<string, Operation> {
  const operations = new Map<string, Operation>();
  const digests = digestsOf(materials);
  // A vertex comes behind its inputs.
  for (const { id = '', op, inputs = [] } of Array.isArray(llb) ? llb : []) {
    const kinds = op?.Op ?? {};
    const exec = kinds.exec as Exec | undefined;
    const identifier = (kinds.source as { identifier?: string } | undefined)?.identifier;
    operations.set(id, {
      text: JSON.stringify(exec ? { ...keyOfExec(exec), platform: op?.platform } : kinds),
      environment: exec ? environmentOf(exec) : null,
      source: identifier === undefined ? null : sourceOf(identifier, digests),
      inputs: inputs.flatMap((input) => operations.get(input.replace(/:\d+$/, '')) ?? []),
    });
  }
  return operations;
}

/** CacheMap in exec.go: proxies do not count, nor which cache is mounted. */
function keyOfExec({ meta, mounts = [], ...rest }: Exec) {
  const { env: _env, proxyEnv: _proxy, ...kept } = (meta ?? {}) as Record<string, unknown>;
  const keyed = mounts.map((mount) => ({ ...mount, cacheOpt: undefined, secretOpt: undefined, SSHOpt: undefined }));
  return { ...rest, meta: kept, mounts: keyed };
}

function environmentOf({ meta }: Exec): Map<string, string> {
  const split = (pair: string): [string, string] => [pair.replace(/=.*/s, ''), pair.replace(/^[^=]*=?/s, '')];
  return new Map((meta?.env ?? []).map(split));
}

/** Sources by the names that both the graph and the materials have. */
function digestsOf(materials: Material[]): Map<string, string> {
  return new Map(
    materials.flatMap(({ uri = '', digest = {} }) => {
      const found = Object.entries(digest)[0];
      // `pkg:docker/busybox@latest?platform=linux%2Famd64`
      const image = /^pkg:docker\/([^?]+)/.exec(uri)?.[1]?.replace('@', ':');
      return found ? [[image ? decodeURIComponent(image) : uri, found.join(':')] as const] : [];
    }),
  );
}

function sourceOf(identifier: string, digests: Map<string, string>): Operation['source'] {
  const [, scheme, rest = ''] = /^([\w-]+):\/\/(.*)$/s.exec(identifier) ?? [];
  if (scheme === 'docker-image') {
    const [name = '', digest] = rest.split('@');
    const familiar = name.replace(/^docker\.io\/(library\/)?/, '');
    return { name: familiar, digest: digest ?? digests.get(familiar) ?? null };
  }
  return { name: identifier, digest: digests.get(identifier) ?? null };
}
