// Runs the rules over a Dockerfile. A rule is a pure function; nothing here reads a file or prints.
import type { Dockerfile, Instruction, Range, SyntaxProblem } from '../dockerfile/dockerfile.ts';
import type { Confidence, Finding, RelatedLocation, Severity } from './finding.ts';
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
}

/** What a rule reports; lint() adds what is the same for the whole rule and file. */
export interface RuleFinding {
  range: Range;
  confidence: Confidence;
  message: string;
  remedy: string;
  related: { range: Range; message: string }[];
}

export interface Rule {
  /** The name of its file and of its page, in kebab case. */
  id: string;
  severity: Severity;
  /** One line for the index of the rules. */
  summary: string;
  check(input: LintInput): RuleFinding[];
}

/** The id under which syntax problems are reported; they cannot be suppressed, because the build fails on them. */
export const SYNTAX = 'syntax';

/**
 * All findings in the order of the file, and how many were left out because a comment directly above their instruction
 * says `# cached-docker-build ignore=RULE[,RULE] reason`.
 */
export function lint(input: LintInput, rules: readonly Rule[] = RULES): { findings: Finding[]; suppressed: number } {
  const { path } = input.dockerfile;
  const found = rules.flatMap((rule) =>
    rule.check(input).map((finding) => ({ range: finding.range, finding: toFinding(path, rule, finding) })),
  );
  const ignored = ignoredRules(input.dockerfile.instructions);
  const shown = found.filter(({ range, finding }) => !ignored(finding.rule, range)).map(({ finding }) => finding);
  const findings = [...input.problems.map((problem) => syntaxFinding(path, problem)), ...shown];
  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  return { findings, suppressed: found.length - shown.length };
}

function toFinding(path: string, { id, severity }: Rule, finding: RuleFinding): Finding {
  const { range, confidence, message, remedy } = finding;
  const related = finding.related.map((location) => ({ ...place(path, location.range), message: location.message }));
  const about = { confidence, message, remedy, related };
  return { rule: id, severity, ...place(path, range), ...about, seconds: null, fix: null };
}

function syntaxFinding(path: string, { message, hint, range }: SyntaxProblem): Finding {
  const about = { confidence: 'high', message, remedy: hint ?? '', related: [] } as const;
  return { rule: SYNTAX, severity: 'error', ...place(path, range), ...about, related: [], seconds: null, fix: null };
}

function place(file: string, { start, end }: Range): Omit<RelatedLocation, 'message'> {
  return { file, line: start.line, endLine: end.line, column: start.column };
}

/** Tells whether the comments above the instruction that covers the range name the rule. */
function ignoredRules(instructions: readonly Instruction[]): (rule: string, range: Range) => boolean {
  const covered = instructions.flatMap(({ range, comments }) => {
    const rules = comments.flatMap(({ text }) => {
      const [, names] = /^cached-docker-build\s+ignore=(\S+)/.exec(text) ?? [];
      return names?.split(',') ?? [];
    });
    return rules.length > 0 ? [{ range, rules }] : [];
  });
  return (rule, { start }) =>
    covered.some(
      ({ range, rules }) => range.start.line <= start.line && start.line <= range.end.line && rules.includes(rule),
    );
}
