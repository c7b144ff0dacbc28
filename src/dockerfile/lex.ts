// Words as BuildKit's shell/lex.go reads them: quotes, escapes, variables. It decides what is a heredoc and what a
// variable becomes. This is not a shell: RUN lines go to commands.ts.
import { isSpace } from './lines.ts';

/** What a variable is worth: its value, null if it is not set, undefined if that cannot be known. */
export type Lookup = (name: string) => string | null | undefined;

/** How to read. */
export interface LexOptions {
  escape: string;
  /** Leave quotes and escapes in the result. */
  raw: boolean;
  /** Leave references to variables in the result, or put in what `lookup` finds. */
  lookup: Lookup | 'keep';
}

/** The text read as one word, and the same split at the white space outside quotes. */
export interface Lexed {
  word: string;
  words: string[];
}

/** Why text could not be read, in BuildKit's words. */
export class LexError extends Error {}

/** A variable whose value only the build knows. */
export class UnknownValue extends Error {}

// Beyond these a text is no Dockerfile but an attack: nesting is kept off the call stack, and `ARG a=$a$a` from doubling.
const DEEPEST = 200;
const LONGEST_VALUES = 1 << 20;

/**
 * Reads `source` as BuildKit does.
 * @throws LexError where a quote or a `${` is not closed or the modifier does not exist, as BuildKit fails there.
 * @throws UnknownValue where the result depends on a variable for which `lookup` gives undefined, or on a pattern.
 */
export function lex(source: string, options: LexOptions): Lexed {
  const lexer = new Lexer(source, options);
  const word = lexer.until(null, options.raw);
  return { word, words: lexer.finish() };
}

class Lexer {
  private at = 0;
  private depth = 0;
  private substituted = 0;
  private readonly words: string[] = [];
  private word = '';
  private inWord = false;
  private readonly source: string;
  private readonly options: LexOptions;

  constructor(source: string, options: LexOptions) {
    this.source = source;
    this.options = options;
  }

  finish(): string[] {
    if (this.word !== '') this.words.push(this.word);
    return this.words;
  }

  /** Reads up to and over `stop`, or to the end if it is null. */
  until(stop: string | null, rawEscapes: boolean): string {
    let result = '';
    while (this.at < this.source.length) {
      const char = this.source.charAt(this.at);
      if (char === stop) {
        this.at++;
        return result;
      }
      if (char === this.options.escape) {
        this.at++;
        const next = this.source[this.at++] ?? '';
        const text = rawEscapes ? char + next : next;
        this.add(text, false);
        result += text;
        continue;
      }
      const text = this.special(char);
      this.add(text ?? char, text === null || char === '$');
      result += text ?? char;
      if (text === null) this.at++;
    }
    if (stop !== null) throw new LexError(`unexpected end of statement while looking for matching ${stop}`);
    return result;
  }

  /** What a quote, a variable or `<` becomes; null for every other character, which is left to the caller. */
  private special(char: string): string | null {
    if (char === "'") return this.singleQuoted();
    if (char === '"') return this.doubleQuoted();
    if (char === '$') return this.variable();
    if (char === '<') return this.lessThan();
    return null;
  }

  private add(text: string, splits: boolean): void {
    for (const char of text) {
      if (!splits || !isSpace(char)) {
        this.word += char;
        this.inWord = true;
      } else if (this.inWord && this.word !== '') {
        this.words.push(this.word);
        this.word = '';
        this.inWord = false;
      }
    }
  }

  private singleQuoted(): string {
    const end = this.source.indexOf("'", this.at + 1);
    if (end < 0) throw new LexError('unexpected end of statement while looking for matching single-quote');
    const quoted = this.source.slice(this.at, end + 1);
    this.at = end + 1;
    return this.options.raw ? quoted : quoted.slice(1, -1);
  }

  private doubleQuoted(): string {
    const { raw } = this.options;
    let result = raw ? '"' : '';
    this.at++;
    for (;;) {
      const char = this.source[this.at];
      if (char === undefined) {
        throw new LexError('unexpected end of statement while looking for matching double-quote');
      }
      if (char === '$') {
        result += this.variable();
        continue;
      }
      this.at++;
      if (char === '"') return raw ? `${result}"` : result;
      if (char !== this.options.escape) {
        result += char;
        continue;
      }
      const next = this.source[this.at];
      if (next === '"' || next === '$' || next === char) {
        result += raw ? char + next : next;
        this.at++;
      } else {
        result += char;
      }
    }
  }

  /** `<` by itself, or `<<` together with the blanks behind it, so that `<< EOF` is one word. */
  private lessThan(): string {
    this.at++;
    if (this.source[this.at] !== '<') return '<';
    const start = this.at++;
    while (/^[\t\r ]$/.test(this.source[this.at] ?? '')) this.at++;
    return `<${this.source.slice(start, this.at)}`;
  }

  private variable(): string {
    this.at++;
    if (this.source[this.at] !== '{') {
      const name = this.name();
      if (name === '') return '$';
      return this.options.lookup === 'keep' ? `$${name}` : (this.value(name) ?? '');
    }
    this.at++;
    const first = this.source[this.at];
    if (first === undefined) throw new LexError("syntax error: missing '}'");
    if (first === '{' || first === '}' || first === ':') throw new LexError('syntax error: bad substitution');
    const name = this.name();
    let modifier = this.source[this.at++] ?? '';
    if (modifier === '}') return this.options.lookup === 'keep' ? `\${${name}}` : (this.value(name) ?? '');
    const colon = modifier === ':';
    if (colon) modifier = this.source[this.at++] ?? '';
    const pattern = modifier === '#' || modifier === '%';
    if ((!colon && !'+-?#%/'.includes(modifier)) || modifier === '' || (colon && pattern)) {
      throw new LexError(`unsupported modifier (${colon ? ':' : ''}${modifier}) in substitution`);
    }
    if (modifier === '/' && !colon) return this.replacement(name);
    const word = this.nested('}', pattern);
    if (this.options.lookup === 'keep') return `\${${name}${colon ? ':' : ''}${modifier}${word}}`;
    const value = this.value(name);
    const missing = value === null || (colon && value === '');
    if (modifier === '-') return missing ? word : value;
    if (modifier === '+') return missing ? '' : word;
    if (modifier === '?') {
      if (missing)
        throw new LexError(`${name}: ${word || `is not allowed to be ${value === null ? 'unset' : 'empty'}`}`);
      return value;
    }
    if (!pattern) throw new LexError(`unsupported modifier (:${modifier}) in substitution`);
    return this.patternOf(value);
  }

  private replacement(name: string): string {
    const all = this.source[this.at] === '/' ? '/' : '';
    if (all) this.at++;
    const pattern = this.nested('/', true);
    const text = this.nested('}', true);
    return this.options.lookup === 'keep' ? `\${${name}/${pattern}/${text}}` : this.patternOf(this.value(name));
  }

  /** Patterns are left out: nothing that stands on this model needs them. Of nothing they leave nothing. */
  private patternOf(value: string | null): string {
    if (value) throw new UnknownValue();
    return '';
  }

  /** The text behind a modifier. BuildKit forgets the word in front of it here, which can only hide a heredoc. */
  private nested(stop: string, rawEscapes: boolean): string {
    if (++this.depth > DEEPEST) throw new LexError('nested too deeply');
    const before = this.words.length;
    const result = this.until(stop, rawEscapes);
    this.words.length = before;
    this.word = '';
    this.depth--;
    return result;
  }

  private value(name: string): string | null {
    const value = this.options.lookup === 'keep' ? null : this.options.lookup(name);
    this.substituted += value?.length ?? 0;
    if (value === undefined || this.substituted > LONGEST_VALUES) throw new UnknownValue();
    return value;
  }

  /** A name, the digits of a position, or one special character; empty where none of them stands. */
  private name(): string {
    const pattern = /\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*/uy;
    pattern.lastIndex = this.at;
    const name = pattern.exec(this.source)?.[0] ?? '';
    this.at += name.length;
    return name;
  }
}
