// Reads the file of `docker build --metadata-file`: the image's digests, and the provenance, which joins a vertex of
// the stream to the lines of the Dockerfile it was made from, and to what the builder was given for it. Pure.

import { type Llb, type Operation, operationsOf } from './operation.ts';

export interface Metadata {
  /** Digest of the image's config: the image id of the graphdriver store. */
  configDigest: string | null;
  /** Digest of the image's manifest (or index): the image id of the containerd store. */
  digest: string | null;
  /**
   * Vertex digest → the lines (1-based) where its instructions begin. More than one: the same operation stands at several
   * places of the Dockerfile and runs once. Empty: no provenance came.
   */
  lines: Map<string, number[]>;
  /** Vertex digest → its operation. */
  operations: Map<string, Operation>;
}

// Only what is read here. v0.2: https://github.com/moby/buildkit/blob/v0.25.0/solver/llbsolver/provenance/types/types.go
interface Provenance {
  materials?: Material[];
  buildConfig?: BuildConfig;
  metadata?: { 'https://mobyproject.org/buildkit@v1#metadata'?: BuildkitMetadata };
  // SLSA v1, the default of BuildKit 0.34
  buildDefinition?: { internalParameters?: { buildConfig?: BuildConfig }; resolvedDependencies?: Material[] };
  runDetails?: { metadata?: { buildkit_metadata?: BuildkitMetadata } };
}
interface BuildConfig {
  llbDefinition?: Llb[];
  digestMapping?: Record<string, string>;
}
interface BuildkitMetadata {
  source?: {
    locations?: Record<string, { locations?: { sourceIndex?: number; ranges?: { start: { line: number } }[] }[] }>;
  };
}

/** Something from outside that went into the build. */
export interface Material {
  uri?: string;
  digest?: Record<string, string>;
}

const PROVENANCE = 'buildx.build.provenance';

/** Reads the file's text. A text that is not what buildx writes gives empty metadata: the build does not depend on it. */
export function readMetadata(text: string): Metadata {
  const result: Metadata = { configDigest: null, digest: null, lines: new Map(), operations: new Map() };
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text) ?? {};
  } catch {
    return result;
  }
  result.configDigest = digestOf(file['containerimage.config.digest']);
  result.digest = digestOf(file['containerimage.digest']);
  for (const [key, value] of Object.entries(file)) {
    // One platform: the key itself; several: one key each, with `/linux/amd64` behind.
    if (key === PROVENANCE || key.startsWith(`${PROVENANCE}/`)) addSteps(result, (value ?? {}) as Provenance);
  }
  return result;
}

function addSteps({ lines, operations }: Metadata, provenance: Provenance): void {
  const config = provenance.buildConfig ?? provenance.buildDefinition?.internalParameters?.buildConfig;
  const materials = provenance.materials ?? provenance.buildDefinition?.resolvedDependencies ?? [];
  const byId = operationsOf(config?.llbDefinition ?? [], materials);
  const details =
    provenance.metadata?.['https://mobyproject.org/buildkit@v1#metadata'] ??
    provenance.runDetails?.metadata?.buildkit_metadata;
  for (const [vertex, id] of Object.entries(config?.digestMapping ?? {})) {
    const operation = byId.get(id);
    if (operation) operations.set(vertex, operation);
    const places = details?.source?.locations?.[id]?.locations ?? [];
    // Source 0 is the Dockerfile itself.
    const own = places.filter(({ sourceIndex = 0 }) => sourceIndex === 0);
    const starts = own.flatMap(({ ranges }) => ranges?.slice(0, 1).map(({ start }) => start.line) ?? []);
    if (starts.length > 0)
      lines.set(
        vertex,
        [...new Set(starts)].sort((a, b) => a - b),
      );
  }
}

function digestOf(value: unknown): string | null {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value) ? value : null;
}
