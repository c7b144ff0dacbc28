// Makes the record of a build: what the Dockerfile says of each step, joined with what the builder was given for it and with
// the files of the context that it reads. Pure.

import { createHash } from 'node:crypto';
import type { Operation } from '../build/operation.ts';
import type { Described, Place } from '../build/steps.ts';
import type { Dockerfile, Instruction, Stage } from '../dockerfile/dockerfile.ts';
import { addedUrls, flagValue, mounts } from '../dockerfile/files.ts';
import { parentOf, sourceStages, stageName } from '../dockerfile/stages.ts';
import { type BuildArgs, globalScope, pairs, type Scope, scopes } from '../dockerfile/variables.ts';
import type { BuildRecord, FileState, Image, Setting, Source, StepRecord, Variable } from './record.ts';

export interface Observed extends Pick<BuildRecord, 'time' | 'commit' | 'engine'> {
  dockerfile: Dockerfile;
  buildArgs: BuildArgs;
  described: readonly Described[];
  /** By the keys of the steps' traces. */
  operations: ReadonlyMap<string, Operation>;
  /** What an instruction reads of the context; null where that is not known. */
  files: (stage: Stage, instruction: Instruction) => FileState[] | null;
  /** Names of further contexts; what they hold is not looked at. */
  contexts: readonly string[];
  /** Inputs of the job that change operations, by name. */
  options: Readonly<Record<string, string>>;
}

/** What is kept of a heredoc to show how it changed. */
const MOST_HEREDOC = 20_000;

/** The record of a build. */
export function makeRecord(observed: Observed): BuildRecord {
  const { time, commit, engine, options, described } = observed;
  const graph = new Graph(observed);
  const surroundings = new Map<Stage, Map<Instruction, Surroundings>>();
  const steps = described.map((one): StepRecord => {
    const { step, place, trace } = one;
    const operation = observed.operations.get(trace?.key ?? '') ?? null;
    const owner = place?.owner ?? null;
    if (owner && !surroundings.has(owner)) surroundings.set(owner, surroundingsIn(observed, owner));
    const around = (place && owner && surroundings.get(owner)?.get(place.instruction)) || NOWHERE;
    const instruction = place?.instruction ?? null;
    return {
      id: step.id,
      stage: step.stage,
      platform: trace?.platform ?? null,
      line: step.line,
      instruction: step.instruction,
      text: step.text,
      heredoc: heredocOf(instruction).slice(0, MOST_HEREDOC),
      content: hash(instruction ? contentOf(observed.dockerfile, instruction) : step.instruction, 16),
      ...graph.inputsOf(one),
      settings: around.settings,
      variables: instruction ? variablesOf(instruction, operation, around) : [],
      complete: operation !== null,
      operation: operation && hash(operation.text, SHORT),
      images: instruction ? imagesOf(observed.dockerfile, one, operation) : [],
      remote: instruction && remoteOf(instruction, operation),
      files: place && owner && filesOf(observed, owner, place.instruction),
      layerBytes: step.layerBytes,
      done: step.status === 'hit' || step.status === 'miss',
      seconds: step.status === 'miss' ? step.seconds : null,
    };
  });
  const hashed = Object.entries(options).map(([name, value]) => [name, hash(`${name}=${value}`, SHORT)]);
  const stages = observed.dockerfile.stages.flatMap(({ name }) => name ?? []);
  return { time, commit, stages, engine, options: Object.fromEntries(hashed), steps };
}

/**
 * Hexadecimal digits of a hash that values of variables go into: 20 bits. Of two values, one in a million passes for the
 * other; of all tokens that somebody may try, one in a million fits, and so none is confirmed.
 */
const SHORT = 5;

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** Which step stands on which. */
class Graph {
  readonly #dockerfile: Dockerfile;
  /** Platform and stage → its steps, in order. */
  readonly #stages = new Map<string, Described[]>();

  constructor({ dockerfile, described }: Observed) {
    this.#dockerfile = dockerfile;
    for (const one of described) {
      const key = keyOf(one, one.step.stage);
      this.#stages.set(key, [...(this.#stages.get(key) ?? []), one]);
    }
    for (const steps of this.#stages.values()) steps.sort((a, b) => a.step.index - b.step.index);
  }

  inputsOf(one: Described): Pick<StepRecord, 'parent' | 'sources'> {
    const own = this.#stages.get(keyOf(one, one.step.stage)) ?? [];
    const { owner, instruction } = one.place ?? { owner: null, instruction: null };
    const parents = isLinked(one) ? [] : this.#below(one, own.slice(0, own.indexOf(one)), owner);
    const [parent = null, ...linked] = parents;
    const stages = instruction ? sourceStages(this.#dockerfile, instruction) : [];
    const way: Source['way'] = instruction?.keyword === 'COPY' ? 'copy' : 'mount';
    const taken = stages.flatMap((stage) => this.#end(one, stage).map((step) => ({ step, way })));
    return { parent, sources: [...linked.map((step) => ({ step, way: 'link' as const })), ...taken] };
  }

  /** What stands on top of these steps of a stage: the last one, and what was linked onto it. */
  #below(one: Described, steps: Described[], stage: Stage | null): string[] {
    const at = steps.findLastIndex((step) => !isLinked(step));
    const linked = steps.slice(at + 1).map(({ step }) => step.id);
    const parent = at < 0 && stage ? parentOf(this.#dockerfile, stage) : undefined;
    const last = steps[at];
    if (last) return [last.step.id, ...linked];
    return parent ? [...this.#end(one, parent), ...linked] : linked;
  }

  /** The end of a stage, for a step of the same platform. */
  #end(one: Described, stage: Stage): string[] {
    return this.#below(one, this.#stages.get(keyOf(one, stageName(stage))) ?? [], stage);
  }
}

/**
 * Whether the builder copies it for itself, and puts it on top of the rest afterwards: a COPY --link, where the engine can
 * do that (with the containerd image store). Then all that it is made of is what it takes from.
 */
function isLinked({ place, trace }: Described): boolean {
  return place !== null && flagValue(place.instruction, 'link') !== null && trace?.inputs.length === 1;
}

const keyOf = ({ trace }: Described, stage: string): string => `${trace?.platform ?? ''} ${stage}`;

/** What an instruction finds around it. */
interface Surroundings {
  settings: Setting[];
  scope: Scope;
  /** Name of a variable → the line that brings it. */
  lines: ReadonlyMap<string, number>;
}

const NOWHERE: Surroundings = { settings: [], scope: { values: new Map(), closed: false }, lines: new Map() };

function surroundingsIn({ dockerfile, buildArgs }: Observed, stage: Stage): Map<Instruction, Surroundings> {
  const settings = new Map<string, Setting>();
  const lines = new Map<string, number>();
  const global = { settings: [], scope: globalScope(dockerfile, buildArgs), lines: globalLines(dockerfile) };
  const found = new Map<Instruction, Surroundings>([[stage.from, global]]);
  for (const { stage: at, instruction, scope } of scopes(dockerfile, stage, buildArgs)) {
    const { keyword, text, range } = instruction;
    if (at === stage && STEPS.has(keyword)) {
      found.set(instruction, {
        settings: [...settings.values()].filter((setting) => counts(setting, instruction)),
        // The scope is alive: what is asked of it later needs a copy.
        scope: { values: new Map(scope.values), closed: scope.closed },
        lines: new Map(lines),
      });
    }
    const { line } = range.start;
    if (keyword === 'USER' || keyword === 'WORKDIR' || keyword === 'SHELL')
      settings.set(keyword, { keyword, text, line });
    if (keyword === 'ARG' || keyword === 'ENV') for (const { name } of pairs(instruction)) lines.set(name, line);
  }
  return found;
}

const STEPS: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR']);

function globalLines({ instructions }: Dockerfile): Map<string, number> {
  const first = instructions.findIndex(({ keyword }) => keyword === 'FROM');
  const above = instructions.slice(0, first).filter(({ keyword }) => keyword === 'ARG');
  return new Map(above.flatMap((one) => pairs(one).map(({ name }) => [name, one.range.start.line] as const)));
}

function counts({ keyword }: Setting, instruction: Instruction): boolean {
  if (instruction.keyword !== 'RUN') return keyword === 'WORKDIR';
  return keyword !== 'SHELL' || instruction.json === null;
}

/** All that an instruction says, so that only what the builder sees counts: not the names of stages, nor white space. */
function contentOf(dockerfile: Dockerfile, instruction: Instruction): string {
  const { keyword, flags, words, json, rest, heredocs } = instruction;
  const stages = new Set(sourceStages(dockerfile, instruction).map(stageName));
  const isStage = (name: string): boolean => /^\d+$/.test(name) || stages.has(name.toLowerCase());
  const flagText = ({ name, value }: (typeof flags)[number]): string => {
    if (name === 'from' && isStage(value ?? '')) return name;
    const named =
      name === 'mount'
        ? value?.replace(/(^|,)from=([^,]*)/, (whole, comma, from) => (isStage(from) ? `${comma}from` : whole))
        : value;
    return `${name}=${named}`;
  };
  const text = keyword === 'FROM' ? words[0]?.text : keyword === 'RUN' ? rest : words.map(({ text }) => text);
  const inside = heredocs.map(({ content, expand, chomp }) => [content, expand, chomp]);
  return JSON.stringify([keyword, flags.map(flagText), json ?? text, inside]);
}

function heredocOf(instruction: Instruction | null): string {
  return instruction?.heredocs.map(({ content }) => content).join('\n') ?? '';
}

function variablesOf(
  instruction: Instruction,
  operation: Operation | null,
  { scope, lines }: Surroundings,
): Variable[] {
  const known = [...scope.values].filter((entry): entry is [string, string] => entry[1] !== null);
  const mentioned = expandedIn(instruction);
  const seen =
    instruction.keyword === 'RUN'
      ? [...(operation?.environment ?? known)]
      : known.filter(([name]) => mentioned.has(name));
  return seen.map(([name, value]) => ({
    name,
    value: hash(`${name}=${value}`, SHORT),
    line: lines.get(name) ?? null,
  }));
}

/** The variables that the builder puts into an instruction. */
function expandedIn({ flags, rest, heredocs }: Instruction): ReadonlySet<string> {
  const texts = [rest, ...flags.map(({ value }) => value ?? ''), ...heredocs.map(({ content }) => content)];
  return new Set(texts.flatMap((text) => [...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name ?? '')));
}

function filesOf(
  { files, contexts, dockerfile }: Observed,
  stage: Stage,
  instruction: Instruction,
): FileState[] | null {
  const names = [
    instruction.keyword === 'FROM' ? (instruction.words[0]?.text ?? '') : '',
    ...imageNames(dockerfile, instruction),
  ];
  const elsewhere = names.some((name) => contexts.includes(name) || contexts.includes(name.toLowerCase()));
  return elsewhere ? null : files(stage, instruction);
}

/** Under the names that the Dockerfile has for them: what the builder makes of a variable may be a secret. */
function imagesOf(dockerfile: Dockerfile, { place, trace }: Described, operation: Operation | null): Image[] {
  const { instruction, owner } = place as Place;
  if (instruction.keyword === 'FROM') {
    const digest = operation?.source?.digest ?? trace?.digest ?? null;
    return [{ name: withTag(instruction.words[0]?.text ?? ''), digest }];
  }
  const names = imageNames(dockerfile, instruction);
  // The first input is what it stands on, unless that is nothing.
  const inputs = operation?.inputs.slice(owner?.base.kind === 'scratch' ? 0 : 1) ?? [];
  const sources = inputs.flatMap(({ source }) => (source && !source.name.includes('://') ? [source] : []));
  // An image that is mounted twice is one input, and then it is not known which is which.
  if (sources.length !== names.length) return [];
  return names.map((name, at) => ({ name: withTag(name), digest: sources[at]?.digest ?? null }));
}

/** What it takes files from that is no stage. */
function imageNames(dockerfile: Dockerfile, instruction: Instruction): string[] {
  const stages = new Set(sourceStages(dockerfile, instruction).map(stageName));
  const named = [flagValue(instruction, 'from'), ...mounts(instruction).map(({ from }) => from)];
  return named.flatMap((name) => (name === null || stages.has(name.toLowerCase()) ? [] : [name]));
}

/** `busybox` is `busybox:latest`. */
const withTag = (name: string): string => (/[:@$]/.test(name.replace(/^.*\//, '')) ? name : `${name}:latest`);

function remoteOf(instruction: Instruction, operation: Operation | null): string | null {
  if (addedUrls(instruction).length === 0) return null;
  const digests = operation?.inputs.map(({ source }) => source?.digest ?? '').filter((digest) => digest !== '') ?? [];
  return digests.length === 0 ? null : hash(digests.join(), 16);
}
