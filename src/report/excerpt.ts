// The lines that a finding is about, as they stand in the file, and a mark under them. Pure.

/** Lines of a file that are shown for one finding. */
const MOST_LINES = 3;

/** Where something stands: as in a finding. */
export interface Place {
  line: number;
  endLine: number;
  column: number;
  endColumn: number;
}

/** A line of an excerpt: a number from the file, or none, and its text; `mark` is the line under it. */
export interface ExcerptLine {
  number: number | null;
  text: string;
  mark: string | null;
}

/**
 * The lines of the place, each at most `width` columns wide. The first has its part of the place marked; further ones
 * follow it whole, and where there are more than fit, the last one counts the rest.
 * @param lines the lines of the file
 */
export function excerpt(lines: readonly string[], place: Place, width: number): ExcerptLine[] {
  const last = Math.min(place.endLine, lines.length);
  const numbers = Array.from(
    { length: Math.max(0, Math.min(last - place.line + 1, MOST_LINES)) },
    (_, at) => place.line + at,
  );
  const shown = numbers.map((number): ExcerptLine => {
    const line = lines[number - 1] ?? '';
    const first = number === place.line;
    const from = first ? place.column - 1 : 0;
    const { text, mark } = windowed(line, from, number === place.endLine ? place.endColumn - 1 : line.length, width);
    return { number, text, mark: first ? mark : null };
  });
  const more = last - place.line + 1 - shown.length;
  return more > 0
    ? [...shown, { number: null, text: `… ${more} more ${more === 1 ? 'line' : 'lines'}`, mark: null }]
    : shown;
}

/** The part of a line around `from`, and the mark from there up to `to`. */
function windowed(line: string, from: number, to: number, width: number): { text: string; mark: string } {
  // What stands far to the right is shown with a little of what is in front of it.
  const begin = from > width - 20 ? Math.max(0, from - 20) : 0;
  const lead = begin > 0 ? '…' : '';
  // No more of a line of a megabyte is looked at than may show, and one character that tells that there is more.
  const before = harmless(line.slice(begin, from));
  const marked = harmless(line.slice(from, Math.min(to, from + width + 1)));
  const after = harmless(line.slice(to, to + width + 1));
  const text = clip(`${lead}${before}${marked}${after}`, width);
  const start = columns(lead + before);
  const length = Math.min(columns(marked.trimEnd()), Math.max(1, width - start));
  return { text, mark: ' '.repeat(start) + '^'.repeat(Math.max(1, length)) };
}

/** Cuts a text to a number of columns, with an ellipsis where something is missing. */
function clip(text: string, width: number): string {
  const clean = text.trimEnd();
  if (columns(clean) <= width) return clean;
  let result = '';
  let used = 0;
  for (const character of clean) {
    used += columns(character);
    if (used >= width) break;
    result += character;
  }
  return `${result}…`;
}

/** A text of which nothing moves the cursor, turns the direction of writing or hides: tabs are blanks, all else has a sign. */
function harmless(text: string): string {
  return text
    .replaceAll('\t', '  ')
    .replace(/\r+$/, '')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
      const code = character.charCodeAt(0);
      // The pictures of the control characters (U+2400) are in their order.
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
    });
}

/** Columns that a text takes in a terminal: marks that go on top of a character take none, East Asian ones and emoji two. */
function columns(text: string): number {
  let sum = 0;
  for (const character of text) {
    if (character < '\u0300') sum += 1;
    else if (/^[\p{Mn}\p{Me}]/u.test(character)) sum += 0;
    else
      sum += /^[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\p{Emoji_Presentation}\uff01-\uff60]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return sum;
}
