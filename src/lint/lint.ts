// Runs the rules over a Dockerfile. A rule is a pure function; nothing here reads a file or prints.
import type { Dockerfile, Range, SyntaxProblem } from '../dockerfile/dockerfile.ts';
import { speaksDockerfile } from '../dockerfile/parse.ts';
import type { BuildArgs } from '../dockerfile/variables.ts';
import { isPlain } from './edits.ts';
import type { Confidence, Finding, Fix, RelatedLocation, Severity } from './finding.ts';
import { Ignores } from './ignores.ts';
import { judgedPart } from './part.ts';
import { RULES } from './rules/index.ts';

/** What the rules may look at. */
export interface LintInput {
  dockerfile: Dockerfile;
  problems: SyntaxProblem[];
  /**
   * Whether the build context, as the builder sees it, has a file or directory of that path (relative to its root,
   * without `./`). null where that is unknown, as when no context was given.
   */
  contextHas: (path: string) => boolean | null;
  /** The text of a file of the context; null where there is none, or no context. */
  contextText?: (path: string) => string | null;
  /** The names in a directory of the context; none where there is no such directory, or no context. */
  contextNames?: (directory: string) => readonly string[];
  /** The files of the context that each of the last commits changed; none where that is not known. Reads when asked. */
  recentChanges?: () => readonly (readonly string[])[];
  /** Whether COPY would take a file of that path, if there were one; null where no context is known. */
  contextTakes?: (path: string) => boolean | null;
  /** The name of the ignore file that counts; null where there is none. */
  ignoreFile?: string | null;
  /** Those of the directories in the context, there or not, that git ignores and tracks nothing of. Asks when asked. */
  ignoredByGit?: (directories: readonly string[]) => readonly string[];
  /**
   * The files of the context that git tracks and of which a line matches an extended regular expression; null where that
   * is not known. Asks when asked.
   */
  filesWith?: (pattern: string) => readonly string[] | null;
  /** How the file is going to be built, as far as that is known. */
  job?: Job;
}

/** What of a build changes the judgement of a Dockerfile. */
export interface Job {
  /** null where nothing is built. */
  builder: 'buildkit' | 'classic' | null;
  /** Values of build arguments. They may be secrets: rules look at them and never show them. */
  buildArgs: BuildArgs;
  /** Names of further contexts: a FROM of such a name is no image. */
  buildContexts: readonly string[];
}

/** What a rule reports; lint() adds what is the same for the whole rule and file. */
export interface RuleFinding {
  range: Range;
  confidence: Confidence;
  message: string;
  remedy: string;
  related: { range: Range; message: string }[];
  /** Where a safe one is known. */
  fix?: Fix | undefined;
}

export interface Rule {
  /** The name of its file and of its page, in kebab case. */
  id: string;
  severity: Severity;
  /** One line for the index of the rules. */
  summary: string;
  /** Whether it can judge at all with what is known; without it, it always can. */
  applies?(input: LintInput): boolean;
  check(input: LintInput): RuleFinding[];
}

/** How syntax problems are reported; they cannot be suppressed, because the build fails on them. */
const SYNTAX = { id: 'syntax', severity: 'error', summary: 'What BuildKit rejects, before it runs anything.' } as const;

/** Reports the comments that ignore rules, where they do not do what they say. */
const COMMENTS = {
  id: 'ignore-comment',
  severity: 'notice',
  summary: 'A comment that ignores a rule which does not exist, or one that finds nothing there.',
} as const;

/** Says how far the rules looked, where that is not to the end of the file. */
const PART = {
  id: 'judged-in-part',
  severity: 'notice',
  summary: 'A file so long that the rules look at its beginning only.',
} as const;

/** What findings are called besides the rules: they come from lint() itself, and have no pages. */
export const BESIDE_RULES = [SYNTAX, COMMENTS, PART] as const;

/** Those of them that can be left out of a job. */
export const IGNORABLE: readonly string[] = [COMMENTS.id, PART.id];

/** What lint() finds, and what it leaves out. */
export interface Linted {
  /** In the order of the file. */
  findings: Finding[];
  /** How many are left out because a comment says so. */
  suppressed: number;
  /** How many are left out because their rule is ignored in the whole job. */
  ignored: number;
}

/** All findings but those that are left out: by a comment directly above their instruction, or by `ignore`, the ids of rules. */
export function lint(whole: LintInput, rules: readonly Rule[] = RULES, ignore: readonly string[] = []): Linted {
  const input = { ...whole, dockerfile: judgedPart(whole.dockerfile) };
  const { path } = input.dockerfile;
  const judging = rules.filter(({ applies }) => applies?.(input) ?? true);
  const ignores = new Ignores(input.dockerfile);
  const found = onceEach(
    judging.flatMap((rule) =>
      rule.check(input).map((finding) => ({ range: finding.range, finding: toFinding(path, rule, finding) })),
    ),
  );
  if (!isFixable(input)) for (const { finding } of found) finding.fix = null;
  const left = found.filter(({ range, finding }) => !ignores.silences(finding.rule, range));
  const judged = judging.map(({ id }) => id);
  const comments = ignores.problems([...rules.map(({ id }) => id), COMMENTS.id], judged);
  const beside = [
    ...comments.map((finding) => toFinding(path, COMMENTS, finding)),
    ...unjudged(whole.dockerfile, input.dockerfile).map((finding) => toFinding(path, PART, finding)),
  ];
  const all = [...left.map(({ finding }) => finding), ...beside];
  const shown = all.filter(({ rule }) => !ignore.includes(rule));
  const findings = [...input.problems.map((problem) => syntaxFinding(path, problem)), ...shown];
  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  return { findings, suppressed: found.length - left.length, ignored: all.length - shown.length };
}

/** What to say at the first instruction that is not judged any more. */
function unjudged(whole: Dockerfile, judged: Dockerfile): RuleFinding[] {
  const next = whole.instructions[judged.instructions.length];
  if (!next) return [];
  const count = judged.instructions.length.toLocaleString('en');
  const message = `The rules look at the first ${count} instructions: what begins here is not judged.`;
  return [{ range: next.range, confidence: 'high', message, remedy: '', related: [] }];
}

/** A trigger runs in every stage that is built from its own, and is one place all the same. */
function onceEach<T extends { finding: Finding }>(found: readonly T[]): T[] {
  const seen = new Map(found.map((entry) => [JSON.stringify(entry.finding), entry]));
  return [...seen.values()];
}

function toFinding(path: string, { id, severity }: Pick<Rule, 'id' | 'severity'>, finding: RuleFinding): Finding {
  const { range, confidence, message, remedy, fix = null } = finding;
  const related = finding.related.map((location) => ({ ...place(path, location.range), message: location.message }));
  const about = { confidence, message, remedy, related };
  return { rule: id, severity, ...place(path, range), ...about, seconds: null, fix };
}

/** Whether a change of the file can be trusted: of one that is not understood, or cannot be cut, no more than a word. */
function isFixable({ dockerfile, problems }: LintInput): boolean {
  return problems.length === 0 && speaksDockerfile(dockerfile) && isPlain(dockerfile.text);
}

function syntaxFinding(path: string, { message, hint, range }: SyntaxProblem): Finding {
  const about = { confidence: 'high', message, remedy: hint ?? '', related: [] } as const;
  return {
    rule: SYNTAX.id,
    severity: SYNTAX.severity,
    ...place(path, range),
    ...about,
    related: [],
    seconds: null,
    fix: null,
  };
}

function place(file: string, { start, end }: Range): Omit<RelatedLocation, 'message'> {
  return { file, line: start.line, endLine: end.line, column: start.column, endColumn: end.column };
}
