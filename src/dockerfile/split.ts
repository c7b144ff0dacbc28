// One joined line → keyword, flags, words, JSON arguments, as BuildKit's parser/split_command.go and
// parser/line_parsers.go split it. Whether the parts are allowed is the business of check.ts.
import type { Flag, Heredoc, Instruction, Keyword, Piece, Word } from './dockerfile.ts';
import { KEYWORDS } from './dockerfile.ts';
import { LexError, lex } from './lex.ts';
import { isSpace, skipSpace, trimmedEnd } from './lines.ts';
import { rangeAt, slicePieces } from './position.ts';

/** What a line says before anybody asks whether it may. */
export interface SplitLine {
  /** As it is written; it may be none of Dockerfile's. */
  keyword: string;
  /** Complete but for heredocs and comments; null where the keyword is unknown. */
  instruction: Instruction | null;
}

const BLANK = /[\t\v\f\r ]/;

// How the arguments are split, where it is not as words with quotes.
const AT_BLANKS: ReadonlySet<Keyword> = new Set(['ADD', 'COPY', 'EXPOSE', 'FROM', 'VOLUME']);
const WHOLE: ReadonlySet<Keyword> = new Set(['MAINTAINER', 'STOPSIGNAL', 'USER', 'WORKDIR']);
const MAYBE_JSON: ReadonlySet<Keyword> = new Set(['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME']);

/**
 * Splits the part of a joined line from `from` on. The trigger behind an ONBUILD is split too, down to one level:
 * BuildKit allows no second one.
 */
export function splitLine(text: string, pieces: readonly Piece[], escapeToken: string, from = 0): SplitLine {
  const start = skipSpace(text, from);
  const end = trimmedEnd(text, start);
  let keywordEnd = start;
  while (keywordEnd < end && !BLANK.test(text.charAt(keywordEnd))) keywordEnd++;
  const written = text.slice(start, keywordEnd);
  const upper = written.toUpperCase();
  const keyword = KEYWORDS.find((known) => known === upper);
  if (keyword === undefined) return { keyword: written, instruction: null };

  const { flags, end: flagsEnd } = splitFlags(text, pieces, escapeToken, keywordEnd, end);
  const restStart = skipSpace(text, flagsEnd, end);
  const rest = text.slice(restStart, end);
  const own = slicePieces(pieces, restStart, end);
  const json = MAYBE_JSON.has(keyword)
    ? parseJson(rest)
    : keyword === 'HEALTHCHECK'
      ? parseJson(healthcheck(rest).command)
      : null;
  const nested =
    keyword === 'ONBUILD' && from === 0 && rest !== '' ? splitLine(text, pieces, escapeToken, restStart) : null;
  return {
    keyword: written,
    instruction: {
      keyword,
      range: rangeAt(pieces, start, end),
      text: text.slice(start, end).replace(/[\t\n\v\f\r ]+/g, ' '),
      flags,
      words: splitWords(keyword, rest, own, escapeToken, json),
      json,
      rest,
      pieces: own,
      heredocs: [],
      trigger: nested?.instruction ?? null,
      comments: [],
    },
  };
}

/** The heredocs that a line announces, still without content. None where a quote is open: BuildKit then sees none. */
export function announcedHeredocs(line: string): Pick<Heredoc, 'name' | 'fileDescriptor' | 'expand' | 'chomp'>[] {
  if (!line.includes('<<')) return [];
  return wordsOf(line, true).flatMap((word) => heredocWord(word) ?? []);
}

/** Reads a word such as `<<EOF`, `3<<-'EOF'`; null if it announces no heredoc. */
export function heredocWord(word: string): Pick<Heredoc, 'name' | 'fileDescriptor' | 'expand' | 'chomp'> | null {
  const match = /^(\d*)<<(-?)/.exec(word);
  if (match === null) return null;
  const rest = word.slice(match[0].length);
  if (rest.includes('<')) return null;
  const [name, ...others] = wordsOf(rest, false);
  if (name === undefined || others.length > 0) return null;
  const quotes = (text: string): number => text.match(/['"]/g)?.length ?? 0;
  return {
    name,
    fileDescriptor: Number(match[1]),
    // A delimiter that loses quotes was quoted somewhere, and then nothing in the content is expanded.
    expand: quotes(name) === quotes(wordsOf(rest, true)[0] ?? ''),
    chomp: match[2] === '-',
  };
}

/** BuildKit reads heredoc words with a backslash, whatever the file's escape character is. */
function wordsOf(text: string, raw: boolean): string[] {
  try {
    return lex(text, { escape: '\\', raw, lookup: 'keep' }).words;
  } catch (error) {
    if (error instanceof LexError) return [];
    throw error;
  }
}

/** Splits off what begins with `--`, quotes removed, up to the first word that does not, or over a lone `--`. */
function splitFlags(
  text: string,
  pieces: readonly Piece[],
  escapeToken: string,
  from: number,
  end: number,
): { flags: Flag[]; end: number } {
  const flags: Flag[] = [];
  // BuildKit goes through the bytes here, so that only ASCII white space counts.
  const blank = (offset: number): boolean => offset < end && text.charAt(offset) < '\u0080' && isSpace(text[offset]);
  const nextWord = (offset: number): number => {
    while (blank(offset)) offset++;
    return offset;
  };
  let at = nextWord(from);
  while (text.startsWith('--', at) && at < end) {
    const start = at;
    let word = '';
    let quote = '';
    for (; at < end && (quote !== '' || !blank(at)); at++) {
      const char = text.charAt(at);
      if (char === escapeToken) word += at + 1 < end ? text[++at] : '';
      else if (quote === '' && (char === '"' || char === "'")) quote = char;
      else if (char === quote) quote = '';
      else word += char;
    }
    if (word === '--') return { flags, end: at };
    const equals = word.indexOf('=');
    flags.push({
      name: word.slice(2, equals < 0 ? undefined : equals),
      value: equals < 0 ? null : word.slice(equals + 1),
      range: rangeAt(pieces, start, at),
    });
    at = nextWord(at);
  }
  return { flags, end: at };
}

function splitWords(
  keyword: Keyword,
  rest: string,
  pieces: Piece[],
  escapeToken: string,
  json: string[] | null,
): Word[] {
  const word = (start: number, end: number, text = rest.slice(start, end)): Word => ({
    text,
    range: rangeAt(pieces, start, end),
  });
  if (json !== null && keyword !== 'HEALTHCHECK') {
    const tokens = rest.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"/g);
    return [...tokens].map((token, index) => word(token.index, token.index + token[0].length, json[index]));
  }
  if (rest === '') return [];
  if (WHOLE.has(keyword)) return [word(0, rest.length)];
  if (AT_BLANKS.has(keyword)) {
    return [...rest.matchAll(/[^\t\v\f\r ]+/g)].map((match) => word(match.index, match.index + match[0].length));
  }
  return quotedWords(rest, escapeToken).map(({ start, end, text }) => word(start, end, text));
}

/** Splits at white space outside quotes. Quotes stay; an escape character at the very end falls away. */
function quotedWords(rest: string, escapeToken: string): { start: number; end: number; text: string }[] {
  const words: { start: number; end: number; text: string }[] = [];
  let at = skipSpace(rest, 0);
  while (at < rest.length) {
    const start = at;
    let quote = '';
    for (; at < rest.length && (quote !== '' || !isSpace(rest[at])); at++) {
      const char = rest.charAt(at);
      if (char === escapeToken && quote !== "'") at++;
      else if (quote === '' && (char === '"' || char === "'")) quote = char;
      else if (char === quote) quote = '';
    }
    const dangling = at > rest.length;
    const text = rest.slice(start, dangling ? -1 : at);
    if (text !== '') words.push({ start, end: Math.min(at, rest.length), text });
    at = skipSpace(rest, at);
  }
  return words;
}

/** The JSON array that the text is, if all its members are strings; else null (check.ts tells a wrong member apart). */
function parseJson(text: string): string[] | null {
  const value = jsonArray(text);
  return value?.every((member) => typeof member === 'string') ? value : null;
}

/** The JSON array that the text is, whatever is in it; null where it is none, which BuildKit then takes as plain text. */
export function jsonArray(text: string): unknown[] | null {
  if (!text.startsWith('[')) return null;
  try {
    return JSON.parse(text) as unknown[];
  } catch {
    return null;
  }
}

/** The first word of a HEALTHCHECK, in upper case, and what follows it. */
export function healthcheck(rest: string): { type: string; command: string } {
  let at = 0;
  while (at < rest.length && !isSpace(rest[at])) at++;
  return { type: rest.slice(0, at).toUpperCase(), command: rest.slice(skipSpace(rest, at)) };
}
