// Reads the stream of `docker build --progress=rawjson`: one SolveStatus in JSON per line of stderr, and plain text
// where buildx itself has something to say. Pure: a fold over lines.

import { type BuildEvent, type Interval, keepLast, type StepTrace, seconds, type Trace } from './trace.ts';

// https://github.com/moby/buildkit/blob/master/client/graph.go
interface SolveStatus {
  vertexes?: {
    digest: string;
    name: string;
    inputs?: string[];
    started?: string;
    completed?: string;
    cached?: boolean;
    error?: string;
  }[];
  statuses?: { id: string; vertex: string; current?: number }[];
  logs?: { vertex: string; data: string }[];
}

/** `[stage 2/6] RUN …`, `[linux/amd64 stage 2/6] …`, `[ 2/12] …`: dockerfile2llb/convert.go, prefixCommand. */
const STEP = /^\[(?:(\S+\/\S+) )?(?:(\S+) )? *(\d+)\/(\d+)\] (?:ONBUILD )?(\S+)/;

interface Vertex {
  name: string;
  /** Set when the vertex is a step of the Dockerfile. */
  step: StepTrace | null;
  intervals: Map<number, Interval>;
  /** The end of a log line that is still to come. */
  rest: string;
  decoder: InstanceType<typeof TextDecoder>;
}

export class RawJson {
  readonly #vertices = new Map<string, Vertex>();
  readonly #messages: string[] = [];
  #started: number | null = null;

  /** `docker build` prints nothing on stdout here but the image id with --quiet. */
  out(line: string): BuildEvent[] {
    return [{ kind: 'message', line }];
  }

  /** Takes the next line of stderr; returns what happened. */
  err(line: string): BuildEvent[] {
    const status = parse(line);
    if (status === null) {
      keepLast(this.#messages, [line]);
      return line.trim() === '' ? [] : [{ kind: 'message', line }];
    }
    return [
      ...(status.vertexes ?? []).flatMap((vertex) => this.#vertex(vertex)),
      ...(status.logs ?? []).flatMap((log) => this.#log(log)),
      ...(status.statuses ?? []).flatMap((status) => this.#status(status)),
    ];
  }

  /** Says that the builder has ended. */
  close(): BuildEvent[] {
    return [...this.#vertices.values()].flatMap((vertex) => this.#flush(vertex));
  }

  /** All that was read so far. */
  trace(): Trace {
    const steps = [...this.#vertices.values()].flatMap(({ step }) => (step ? [step] : []));
    const work = new Map<string, Interval[]>();
    for (const { name, step, intervals } of this.#vertices.values()) {
      if (step === null) work.set(phaseOf(name), [...(work.get(phaseOf(name)) ?? []), ...intervals.values()]);
    }
    const phases = [...work].map(([name, intervals]) => ({ name, seconds: seconds(intervals) }));
    return { steps, phases, started: this.#started, messages: this.#messages };
  }

  #vertex(update: NonNullable<SolveStatus['vertexes']>[number]): BuildEvent[] {
    const known = this.#vertices.get(update.digest);
    const vertex = known ?? newVertex(update);
    if (!known) this.#vertices.set(update.digest, vertex);
    const before = count(vertex);
    if (update.started) {
      const start = Date.parse(update.started);
      this.#started = Math.min(start, this.#started ?? start);
      // A vertex can start and complete several times: each start is an interval of its own.
      vertex.intervals.set(start, { start, end: update.completed ? Date.parse(update.completed) : null });
    }
    const { step } = vertex;
    if (step === null) return [];
    step.intervals = [...vertex.intervals.values()];
    // A cached step starts once more when its layers are fetched: it stays a hit.
    step.cached ||= update.cached === true || (step.keyword === 'FROM' && Boolean(update.completed) && !step.fetched);
    if (update.error) step.error = update.error;
    const after = count(vertex);
    if (after.open > before.open) return [{ kind: 'started', step }];
    // Start and end may come in one update, and the same update more than once.
    if (after.open === 0 && after.closed > before.closed) return [...this.#flush(vertex), { kind: 'ended', step }];
    return [];
  }

  #log({ vertex: digest, data }: NonNullable<SolveStatus['logs']>[number]): BuildEvent[] {
    const vertex = this.#vertices.get(digest);
    if (!vertex?.step) return [];
    const text = vertex.rest + vertex.decoder.decode(Buffer.from(data, 'base64'), { stream: true });
    const lines = text.split('\n');
    vertex.rest = lines.pop() ?? '';
    return this.#lines(vertex, lines);
  }

  /** A last line may have no line end. */
  #flush(vertex: Vertex): BuildEvent[] {
    const { rest } = vertex;
    vertex.rest = '';
    return rest === '' ? [] : this.#lines(vertex, [rest]);
  }

  #lines({ step }: Vertex, raw: string[]): BuildEvent[] {
    if (step === null || raw.length === 0) return [];
    // A carriage return rewrites the line in a terminal (progress bars): only what stands there in the end counts.
    const lines = raw.map((line) => line.replace(/\r+$/, '').replace(/^.*\r/s, ''));
    keepLast(step.log, lines);
    return [{ kind: 'log', step, lines }];
  }

  #status({ id, vertex: digest, current = 0 }: NonNullable<SolveStatus['statuses']>[number]): BuildEvent[] {
    const step = this.#vertices.get(digest)?.step;
    // A layer has its digest as id; the graphdriver store says `pulling sha256:…` where it takes one out of a cache.
    const layer = /^(?:pulling )?(sha256:.*)/.exec(id)?.[1];
    if (!step || !layer) return [];
    step.fetched = true;
    step.layers.set(layer, Math.max(current, step.layers.get(layer) ?? 0));
    if (step.keyword === 'FROM') step.cached = false;
    return [];
  }
}

/** What the builder does besides the steps. Its own names may have addresses with credentials in them. */
const PHASES: [RegExp, string][] = [
  [/^\[internal\] load build context/, 'send the build context'],
  [/^\[internal\] load (build definition|\.dockerignore)/, 'read the Dockerfile'],
  [/^\[internal\] load metadata/, 'look up base images'],
  [/^exporting to /, 'export the image'],
  [/^resolving provenance/, 'write the provenance'],
];

function phaseOf(name: string): string {
  return PHASES.find(([pattern]) => pattern.test(name))?.[1] ?? 'other work';
}

function newVertex({ digest, name, inputs = [] }: { digest: string; name: string; inputs?: string[] }): Vertex {
  // An image that a COPY --from takes from as well has no number: `FROM docker.io/library/busybox:latest`.
  const named = STEP.exec(name) ?? /^()()()()(FROM) /.exec(name);
  // Where it can, BuildKit makes two of a COPY --link: what is copied, and `LINK COPY …`, which only puts it on top.
  const match = named?.[5] === 'LINK' ? null : named;
  const step: StepTrace | null = match && {
    key: digest,
    inputs,
    platform: match[1] || null,
    stage: match[2] || null,
    index: Number(match[3]),
    total: Number(match[4]),
    keyword: (match[5] ?? '').toUpperCase(),
    cached: false,
    intervals: [],
    fetched: false,
    layers: new Map(),
    digest: /^FROM$/i.test(match[5] ?? '') ? (/@(sha256:[0-9a-f]{64})/.exec(name)?.[1] ?? null) : null,
    error: null,
    log: [],
  };
  return { name, step, intervals: new Map(), rest: '', decoder: new TextDecoder() };
}

function count({ intervals }: Vertex): { open: number; closed: number } {
  const open = [...intervals.values()].filter(({ end }) => end === null).length;
  return { open, closed: intervals.size - open };
}

function parse(line: string): SolveStatus | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as SolveStatus;
  } catch {
    return null;
  }
}
