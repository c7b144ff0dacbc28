// Which files of the build context a build reads: the sources of COPY and ADD, the bind mounts of RUN. It follows
// dispatchCopy in BuildKit's dockerfile2llb/convert_copy.go, docopy in its solver/llbsolver/file/backend.go, and fsutil's
// copy/copy.go.
import { dirname } from 'node:path/posix';
import type { Dockerfile, Instruction, Stage } from '../dockerfile/dockerfile.ts';
import { copied, flagValue, mounts } from '../dockerfile/files.ts';
import { neededStages } from '../dockerfile/stages.ts';
import { type BuildArgs, resolve, scopes } from '../dockerfile/variables.ts';
import type { Entry } from '../host/tree.ts';
import { PatternError } from './automaton.ts';
import type { Context, Found } from './context.ts';
import { rooted } from './follow.ts';
import { glob, hasWildcards } from './glob.ts';
import { type Matched, Patterns } from './pattern.ts';

/** What an instruction reads. No entry comes twice; links stand for themselves where they are copied as links. */
export interface Selection {
  /** All but directories. */
  files: Entry[];
  /** The directories that are copied, empty ones among them; not those of which only the content is. */
  directories: Entry[];
  /** The sizes of the regular files, added up. */
  bytes: number;
  /**
   * Sources on which the build fails, because they are not there or left out; as written, with variables put in. A
   * wildcard may match nothing, but then the builder must have been sent the directory in front of it for another reason.
   */
  missing: string[];
}

/** An instruction that reads the context in a stage; one behind ONBUILD may do so in several. */
export interface Reading {
  stage: Stage;
  instruction: Instruction;
  /**
   * Null where it cannot be known, because a variable is not; or where the build fails on a pattern that is none.
   */
  selection: Selection | null;
}

/** A source in the context. */
interface Source {
  /** As written, variables put in. */
  text: string;
  /** From the root of the context. With --parents, the part in front of the pivot. */
  path: string;
  wildcards: boolean;
  /** With --parents: the pattern for what is taken from below the path. */
  parents: string | null;
}

/**
 * What a build reads of its context, instruction after instruction; those that read nothing of it are left out.
 * @param target as for neededStages
 */
export function readings(
  context: Context,
  dockerfile: Dockerfile,
  target: string | null,
  buildArgs: BuildArgs = {},
): Reading[] {
  const reading: (Omit<Reading, 'selection'> & { sources: Source[] | null })[] = [];
  const paths: string[] = [];
  for (const stage of neededStages(dockerfile, target)) {
    for (const { stage: owner, instruction, scope } of scopes(dockerfile, stage, buildArgs)) {
      if (owner !== stage) continue;
      const sources = sourcesOf(instruction, (word) => resolve(word, scope, dockerfile.escape));
      // A tmpfs makes BuildKit ask for the whole context. (dispatchRunMounts in convert_runmount.go)
      if (sources === null || mounts(instruction).some(({ type }) => type === 'tmpfs')) paths.push('');
      else paths.push(...sources.map(({ text }) => text));
      if (sources?.length !== 0) reading.push({ stage, instruction, sources });
    }
  }
  const sent = unlessBad(() => context.sent(paths));
  return reading.map(({ sources, ...where }) => ({
    ...where,
    selection: sent && sources && unlessBad(() => select(sent, where.instruction, sources)),
  }));
}

function unlessBad<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatternError) return null;
    throw error;
  }
}

// Where ADD takes from elsewhere, and COPY refuses to (dfgitutil/git_ref.go).
const REMOTE = /^(https?|git|ssh):\/\/|^[\w.-]+@[\w.-]+:/;

/** The sources in the context: not those of COPY --from, URLs and heredocs. Null if one is not known. */
function sourcesOf(instruction: Instruction, see: (word: string) => string | null): Source[] | null {
  const copy = flagValue(instruction, 'from') ? null : copied(instruction);
  const parents = (flagValue(instruction, 'parents') ?? 'false') !== 'false';
  const sources: Source[] = [];
  for (const { text: written } of copy?.sources ?? []) {
    const text = see(written);
    if (text === null) return null;
    if (REMOTE.test(text)) continue;
    const pivot = text.indexOf('/./');
    const path = rooted(!parents ? text : pivot < 0 ? '' : text.slice(0, pivot));
    const inner = pivot < 0 ? text : text.slice(pivot + 3);
    sources.push({ text, path, wildcards: hasWildcards(path), parents: parents ? rooted(inner) : null });
  }
  for (const { type, from, source } of mounts(instruction)) {
    if (type !== 'bind' || from !== null) continue;
    const text = see(inFlag(source ?? '.'));
    if (text === null) return null;
    sources.push({ text, path: rooted(text), wildcards: false, parents: null });
  }
  return sources;
}

// BuildKit takes each byte of a flag for a character, so that `é` becomes `Ã©`. (extractBuilderFlags in
// parser/split_command.go)
function inFlag(value: string): string {
  return Buffer.from(value).toString('latin1');
}

function select(context: Context, { flags }: Instruction, sources: readonly Source[]): Selection {
  // Variables in it are not resolved, by BuildKit neither. (CopyCommand.Expand in instructions/commands.go)
  const exclude = flags.filter(({ name }) => name === 'exclude').map(({ value }) => inFlag(value ?? ''));
  const selector = new Selector(context, exclude.length > 0 ? new Patterns(exclude) : null);
  for (const source of sources) selector.add(source);
  return selector.selection();
}

class Selector {
  private readonly context: Context;
  private readonly exclude: Patterns | null;
  private readonly entries = new Map<string, Entry>();
  private readonly missing = new Set<string>();

  constructor(context: Context, exclude: Patterns | null) {
    this.context = context;
    this.exclude = exclude;
  }

  selection(): Selection {
    const entries = [...this.entries.values()];
    const files = entries.filter(({ kind }) => kind !== 'directory');
    const bytes = files.reduce((sum, { kind, size }) => (kind === 'file' ? sum + size : sum), 0);
    const directories = entries.filter(({ kind }) => kind === 'directory');
    return { files, directories, bytes, missing: [...this.missing] };
  }

  add(source: Source): void {
    let isEmpty = true;
    for (const path of source.wildcards ? this.matches(source) : [source.path]) {
      const found = this.context.find(path);
      if (found === null) this.missing.add(source.wildcards ? path : source.text);
      else if (found.entry.kind === 'directory') isEmpty = !this.addDirectory(found, source) && isEmpty;
      else this.entries.set(found.entry.path, found.entry);
    }
    // Newer than the rest: before Dockerfile 1.20 it was no error.
    const required = source.parents !== null && !source.wildcards && !hasWildcards(source.parents);
    if (required && isEmpty) this.missing.add(source.text);
  }

  /** What a path with wildcards matches. (ResolveWildcards) */
  private *matches({ path, text }: Source): Generator<string> {
    const parts = path.split('/');
    const first = parts.findIndex(hasWildcards);
    const pattern = parts.slice(first);
    const isMatch = glob(pattern.join('/'));
    const start = this.context.find(parts.slice(0, first).join('/'));
    if (start === null) this.missing.add(text);
    if (start?.entry.kind !== 'directory') return;
    // Only a class in brackets matches slashes as well.
    const depth = pattern.some((part) => part.includes('[')) ? Number.POSITIVE_INFINITY : pattern.length;
    yield* this.matchesIn(start, depth, (found) => isMatch(pathBelow(start, found.entry)));
  }

  /** The matches in a directory, nothing below a match. */
  private *matchesIn(directory: Found, depth: number, isMatch: (found: Found) => boolean): Generator<string> {
    for (const found of this.context.children(directory)) {
      if (isMatch(found)) {
        if (this.context.isSeen(found)) yield found.entry.path;
      } else if (found.entry.kind === 'directory' && depth > 1) yield* this.matchesIn(found, depth - 1, isMatch);
    }
  }

  /**
   * The content of a directory. Both lists of patterns are matched against paths inside it, never against itself.
   * @returns whether there is any
   */
  private addDirectory(found: Found, source: Source): boolean {
    let isAny = false;
    const include = source.parents === null ? null : new Patterns([source.parents]);
    const filtered = include !== null || this.exclude !== null;
    // A directory that is not selected itself is, as soon as something in it is.
    const levels = new Map<string, { included: Matched; excluded: Matched; entry: Entry }>();
    for (const entry of this.context.walk(found)) {
      const path = pathBelow(found, entry);
      const above = levels.get(dirname(path));
      const level = { included: [], excluded: [], entry };
      const isIncluded = include?.match(path, above?.included ?? null, level.included) ?? true;
      const isExcluded = this.exclude?.match(path, above?.excluded ?? null, level.excluded) ?? false;
      if (filtered && entry.kind === 'directory') levels.set(path, level);
      if (!isIncluded || isExcluded) continue;
      isAny = true;
      for (let at = dirname(path); at !== '.'; at = dirname(at)) {
        const parent = levels.get(at)?.entry;
        if (parent) this.entries.set(parent.path, parent);
      }
      this.entries.set(entry.path, entry);
      // When it filters the root, BuildKit follows the links that lie directly in it to hash them (includedPaths in
      // cache/contenthash/checksum.go), although it copies them as links.
      const follows = filtered && source.path === '' && !path.includes('/') && entry.kind === 'symlink';
      if (follows && !this.context.has(entry.path)) this.missing.add(entry.path);
    }
    return isAny;
  }
}

function pathBelow({ entry: { path: directory } }: Found, { path }: Entry): string {
  return directory === '' ? path : path.slice(directory.length + 1);
}
