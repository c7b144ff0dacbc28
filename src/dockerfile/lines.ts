// Physical lines → logical lines: directives, comments, continuations and the bodies of heredocs, as BuildKit's
// parser/parser.go and parser/directives.go read them. What a line means is not known here.
import type { Comment, Directive, Piece, Range, SyntaxProblem } from './dockerfile.ts';

/** An instruction's lines joined into one text: continuation characters, comments and empty lines between are gone. */
export interface LogicalLine {
  text: string;
  pieces: Piece[];
  firstLine: number;
  comments: Comment[];
}

/** White space as Go's unicode.IsSpace has it; JavaScript's `\s` knows U+FEFF and lacks U+0085. */
export function isSpace(char: string | undefined): boolean {
  if (char === undefined || (char > ' ' && char < '\u0080')) return false;
  return char === '\u0085' || (char !== '\ufeff' && /^\s$/.test(char));
}

/** The offset of the first character at or behind `from` that is not white space, at most `end`. */
export function skipSpace(text: string, from: number, end = text.length): number {
  let at = from;
  while (at < end && isSpace(text[at])) at++;
  return at;
}

/** The offset behind the last character before `end` that is not white space, at least `from`. */
export function trimmedEnd(text: string, from: number, end = text.length): number {
  let at = end;
  while (at > from && isSpace(text[at - 1])) at--;
  return at;
}

// bufio.MaxScanTokenSize, which BuildKit does not raise: a longer line stops its parser.
const LONGEST_LINE = 65_536;

/** Hands out the logical lines of a Dockerfile one after another. Whoever finds a heredoc in one asks for its body. */
export class LineReader {
  readonly directives: Directive[] = [];
  readonly problems: SyntaxProblem[] = [];
  /** All comment lines so far, also those that stand above no instruction. */
  readonly comments: Comment[] = [];
  escape = '\\';
  private readonly lines: string[];
  private next = 0;
  private directivesOver = false;

  /** `text` may begin with a byte order mark and end its lines with CRLF. */
  constructor(text: string) {
    this.lines = text.replace(/^\ufeff/, '').split('\n');
    const beyondLast = this.lines.length - 1;
    if (this.lines[beyondLast] === '') this.lines.pop();
    for (const [index, line] of this.lines.entries()) {
      // A character takes three bytes at most, so that nearly every line is settled by its length.
      if (line.length * 3 < LONGEST_LINE) continue;
      const newline = index < beyondLast ? 1 : 0;
      if (new TextEncoder().encode(line).length + newline <= LONGEST_LINE - (1 - newline)) continue;
      this.problems.push({
        message: `dockerfile line greater than max allowed size of ${LONGEST_LINE - 1}`,
        hint: 'BuildKit reads no line above 64 KiB: break it with continuation lines, or COPY the content from a file.',
        range: this.lineRange(index),
      });
    }
  }

  /** How many lines the file has. */
  get lineCount(): number {
    return this.lines.length;
  }

  /** The number of the line that was read last. */
  get line(): number {
    return this.next;
  }

  /** The range of a whole line (index from 0), without its line end. */
  lineRange(index: number): Range {
    const text = this.content(index);
    return { start: { line: index + 1, column: 1 }, end: { line: index + 1, column: text.length + 1 } };
  }

  /** The next instruction's text, or null at the end of the file. */
  read(): LogicalLine | null {
    let comments: Comment[] = [];
    while (this.next < this.lines.length) {
      const index = this.next++;
      const text = this.content(index);
      const start = skipSpace(text, 0);
      if (this.directive(text, start)) continue;
      if (text[start] === '#') {
        comments.push(this.comment(index, start));
      } else if (start === text.length) {
        comments = [];
      } else {
        return this.join(index, start, comments);
      }
    }
    return null;
  }

  /**
   * The lines up to the one that is the delimiter (behind its leading tabs, if `chomp`), and what they contain; null if
   * no line is it, and then the rest of the file has been read, as BuildKit does.
   */
  readHeredoc(delimiter: string, chomp: boolean): { content: string; range: Range } | null {
    const first = this.next;
    while (this.next < this.lines.length) {
      const index = this.next++;
      const text = this.content(index);
      if ((chomp ? text.replace(/^\t+/, '') : text) !== delimiter) continue;
      const body = this.lines.slice(first, index);
      const start = { line: first + 1, column: 1 };
      const end = index > first ? this.lineRange(index - 1).end : start;
      return { content: body.map((line) => `${line}\n`).join(''), range: { start, end } };
    }
    return null;
  }

  /** A line without its line end; `\r`s in front of it belong to the end. */
  private content(index: number): string {
    const line = this.lines[index] ?? '';
    let end = line.length;
    while (end > 0 && line[end - 1] === '\r') end--;
    return end === line.length ? line : line.slice(0, end);
  }

  /** Notes the comment that begins at that character of the line. */
  private comment(index: number, start: number): Comment {
    const range = this.lineRange(index);
    range.start.column = start + 1;
    const comment = {
      text: this.content(index)
        .slice(start + 1)
        .trim(),
      range,
    };
    this.comments.push(comment);
    return comment;
  }

  private join(first: number, start: number, comments: Comment[]): LogicalLine {
    const parts: string[] = [];
    const pieces: Piece[] = [];
    let offset = 0;
    let open = this.append(this.content(first), start);
    const push = (part: string, line: number, column: number): void => {
      pieces.push({ offset, start: { line, column } });
      parts.push(part);
      offset += part.length;
    };
    push(open.part, first + 1, start + 1);
    while (open.continued && this.next < this.lines.length) {
      const index = this.next++;
      const text = this.content(index);
      const from = skipSpace(text, 0);
      // Comments and empty lines between continuation lines are no part of the instruction.
      if (text[from] === '#') this.comment(index, from);
      if (from === text.length || text[from] === '#') continue;
      open = this.append(text, 0);
      push(open.part, index + 1, 1);
    }
    return { text: parts.join(''), pieces, firstLine: first + 1, comments };
  }

  /**
   * What a line adds, and whether it goes on: it does if it ends in the escape character, behind which only blanks
   * stand and in front of which no second one does (BuildKit's lineContinuationRegex).
   */
  private append(line: string, start: number): { part: string; continued: boolean } {
    let end = line.length;
    while (end > start && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
    const continued =
      end > start && line[end - 1] === this.escape && !(end - 2 >= start && line[end - 2] === this.escape);
    return { part: line.slice(start, continued ? end - 1 : undefined), continued };
  }

  /** Reads the line as a directive. They stand above everything else, so that the first other line ends them. */
  private directive(line: string, start: number): boolean {
    if (this.directivesOver) return false;
    const [, written = '', value = ''] = /^#\s*([a-z][a-z0-9]*)\s*=\s*(\S.*)$/i.exec(line.slice(start).trimEnd()) ?? [];
    const name = written.toLowerCase();
    if (name !== 'syntax' && name !== 'escape' && name !== 'check') {
      this.directivesOver = true;
      return false;
    }
    const range = this.lineRange(this.next - 1);
    if (this.directives.some((directive) => directive.name === name)) {
      this.problems.push({ message: `only one ${name} parser directive can be used`, hint: null, range });
      return true;
    }
    this.directives.push({ name, value, line: this.next });
    if (name === 'escape') {
      if (value === '\\' || value === '`') this.escape = value;
      else
        this.problems.push({ message: `invalid escape token '${value}' does not match \` or \\`, hint: null, range });
    }
    return true;
  }
}
