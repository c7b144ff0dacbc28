// `#` or `//` behind an instruction, taken for a comment. A Dockerfile has comments on lines of their own only.
//
// Not flagged, on purpose:
// - What BuildKit rejects anyway: that is told as a syntax error, with the same hint.
// - `#` behind the last command of a RUN: the shell takes it for the comment that is meant.
// - Values that begin with `#` without a space behind it, such as colours.
import type { Dockerfile, Instruction, Range } from '../../dockerfile/dockerfile.ts';
import { rangeAt } from '../../dockerfile/position.ts';
import { fix, lineAt, replace } from '../edits.ts';
import type { Fix } from '../finding.ts';
import type { LintInput, Rule, RuleFinding } from '../lint.ts';

export const notAComment: Rule = {
  id: 'not-a-comment',
  severity: 'warning',
  summary: 'Text behind an instruction is meant as a comment, and becomes part of it.',
  check(input) {
    return input.dockerfile.instructions.flatMap((written) => {
      const instruction = written.trigger ?? written;
      return isRejected(written, input) ? [] : (inWords(instruction, input) ?? inRun(instruction) ?? []);
    });
  },
};

function isRejected({ range }: Instruction, { problems }: LintInput): boolean {
  return problems.some(({ range: { start } }) => range.start.line <= start.line && start.line <= range.end.line);
}

/** What the mark becomes, where the words of an instruction have it. */
function consequence({ keyword, json, rest }: Instruction): string | null {
  switch (keyword) {
    case 'ADD':
    case 'COPY':
      return 'its words are taken for files, and the last one for the destination';
    case 'ARG':
      return 'its words are taken for the names of further arguments';
    case 'ENV':
    case 'LABEL':
      return 'it becomes part of the value';
    case 'EXPOSE':
      return 'its words are taken for ports';
    case 'VOLUME':
      return rest.startsWith('[') ? NO_JSON : 'its words are taken for further volumes';
    case 'WORKDIR':
      return 'it becomes part of the path';
    case 'USER':
      return 'it becomes part of the name';
    case 'STOPSIGNAL':
      return 'it becomes part of the signal';
    case 'CMD':
    case 'ENTRYPOINT':
    case 'RUN':
      return json === null && rest.startsWith('["') ? NO_JSON : null;
    default:
      return null;
  }
}

const NO_JSON = 'with it the arguments are no JSON list any more, and a shell gets them, brackets and all';

function inWords(instruction: Instruction, { dockerfile }: LintInput): RuleFinding[] | null {
  const what = consequence(instruction);
  if (what === null) return null;
  const { rest, pieces, keyword } = instruction;
  const at = markOutsideQuotes(rest, keyword === 'ARG' || keyword === 'ENV' || keyword === 'LABEL');
  if (at === null) return null;
  const range = rangeAt(pieces, at, rest.length);
  return [{ ...report(range, rest.slice(at), what), fix: ownLine(instruction, range, rest.slice(at), dockerfile) }];
}

/**
 * The comment on a line of its own, above the one it is on. Not where it goes on below, and not what would be read as a
 * directive there. What a comment inside a RUN swallows is left alone: it has never run.
 */
function ownLine({ heredocs }: Instruction, range: Range, text: string, dockerfile: Dockerfile): Fix | undefined {
  const { line, column } = range.start;
  const comment = text.replace(/^(#|\/\/)/, '').trim();
  const whole = lineAt(dockerfile, line);
  const before = whole.slice(0, column - 1).trimEnd();
  const ends = whole.length <= range.end.column - 1 || whole.slice(range.end.column - 1).trim() === '';
  if (range.end.line !== line || !ends || heredocs.length > 0 || !/^[^=]*[a-z][^=]*$/i.test(comment)) return undefined;
  const [indent] = /^\s*/.exec(whole) ?? [''];
  const place = { line, column: 1 };
  const rest = { start: { line, column: before.length + 1 }, end: { line, column: whole.length + 1 } };
  const description = 'Put the comment on a line of its own.';
  return fix(description, replace({ start: place, end: place }, `${indent}# ${comment}\n`), replace(rest, ''));
}

/** Where ` # ` or ` // ` stands outside quotes and lists; null if nowhere. */
function markOutsideQuotes(text: string, spaced: boolean): number | null {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (at > 0 && /\s/.test(text.charAt(at - 1))) {
      const [, mark] = /^(#|\/\/)(?=\s|$)/.exec(text.slice(at, at + 3)) ?? [];
      if (mark !== undefined || (!spaced && char === '#')) return at;
    }
  }
  return null;
}

/** A comment of the shell on a line that goes on: what stands on the lines below is part of it. */
function inRun({ keyword, json, rest, pieces, heredocs }: Instruction): RuleFinding[] | null {
  const last = pieces.at(-1);
  if (keyword !== 'RUN' || json !== null || heredocs.length > 0 || last === undefined || last.offset === 0) return null;
  const at = shellComment(rest);
  if (at === null || at >= last.offset || rest.slice(last.offset).trim() === '') return null;
  const next = pieces.find(({ offset }) => offset > at);
  const line = next?.start.line ?? last.start.line;
  const what = `the lines are joined before a shell reads them, so that everything from line ${line} on is part of the comment and does not run`;
  return [report(rangeAt(pieces, at, next?.offset ?? rest.length), rest.slice(at, next?.offset), what)];
}

/** Where a comment begins for the shell: at a `#` that begins a word; null if nowhere. */
function shellComment(text: string): number | null {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\' && quote !== "'") at++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'" || char === '`') quote = char;
    else if (char === '#' && (at === 0 || /[\s;&|(]/.test(text.charAt(at - 1)))) return at;
  }
  return null;
}

function report(range: Range, text: string, what: string): RuleFinding[][number] {
  const shown = text.trim().replaceAll('`', '');
  return {
    range,
    confidence: 'high',
    message: `\`${shown.length > 40 ? `${shown.slice(0, 39)}…` : shown}\` is no comment here: ${what}.`,
    remedy: 'Put the comment on a line of its own that begins with `#`, above the instruction or between its lines.',
    related: [],
  };
}
