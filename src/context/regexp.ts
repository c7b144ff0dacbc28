// The regular expressions that moby/patternmatcher makes of patterns, read as Go's regexp/syntax reads them. They hold
// more than wildcards: classes and escapes go through as they are written, so that `bin\Debug` means \D.
import { type Class, type Instruction, literal, only, PatternError } from './automaton.ts';

const ANY: Class = (code) => code !== 0x0a;
// The insides of classes: [:name:] (regexp/syntax perl_groups.go), \d, \s and \w.
const NAMED: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\0-\\x7F',
  blank: '\\t ',
  cntrl: '\\0-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
  d: '0-9',
  s: '\\t\\n\\f\\r ',
  w: '0-9A-Za-z_',
};
const CONTROL: Record<string, string> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const isWord = classOf(NAMED.word ?? '');

// Of groups, only the one that stands for `**` is known; of repetitions, only the star: there are no others.
/**
 * Compiles what stands between `^` and `$`.
 * @throws PatternError where Go's regexp.Compile fails
 */
export function goRegexp(source: string): Instruction[] {
  return new Reader(source).program();
}

class Reader {
  private readonly source: string;
  private at = 0;
  private readonly found: Instruction[] = [];

  constructor(source: string) {
    this.source = source;
  }

  program(): Instruction[] {
    while (this.at < this.source.length) this.piece();
    return this.found;
  }

  private piece(): void {
    if (this.take('(.*/)?')) {
      this.found.push({ op: 'maybe', over: 2 }, { op: 'many', is: ANY }, { op: 'one', is: only('/') });
      return;
    }
    if (this.take('^') || this.take('\\A')) this.found.push({ op: 'place', is: (before) => before === -1 });
    else if (this.take('\\z')) this.found.push({ op: 'place', is: (_, after) => after === -1 });
    else if (this.take('\\b')) this.found.push({ op: 'place', is: isBoundary });
    else if (this.take('\\B')) this.found.push({ op: 'place', is: (...sides) => !isBoundary(...sides) });
    else if (this.take('\\Q')) this.quoted();
    else {
      const atom = this.atom();
      const is = typeof atom === 'string' ? only(atom) : atom;
      if (this.take('*')) this.found.push({ op: 'many', is });
      else this.found.push(typeof atom === 'string' ? literal(atom) : { op: 'one', is });
    }
  }

  /** `\Q…\E`, or up to the end: characters as they are. */
  private quoted(): void {
    const [text = ''] = this.source.slice(this.at).split('\\E', 1);
    this.at += text.length;
    this.take('\\E');
    for (const char of text) this.found.push(literal(char));
  }

  private atom(): string | Class {
    if (this.take('.')) return ANY;
    if (this.take('[')) return this.class();
    return this.group() ?? this.character();
  }

  /** `\d` and the like, `\pL`. */
  private group(): Class | null {
    const [all, perl, unicode, name] =
      /^\\(?:([dswDSW])|([pP])([CLMNPSZ]))/.exec(this.source.slice(this.at, this.at + 3)) ?? [];
    if (all === undefined) return null;
    this.at += all.length;
    const is = classOf(perl ? (NAMED[perl.toLowerCase()] ?? '') : `\\p{${name}}`);
    return /[A-Z]/.test(perl ?? unicode ?? '') ? (code) => !is(code) : is;
  }

  /** The inside of brackets, and the closing one. */
  private class(): Class {
    const negated = this.take('^');
    const classes: Class[] = [];
    for (let first = true; first || this.source[this.at] !== ']'; first = false) {
      classes.push(this.named() ?? this.group() ?? this.range());
    }
    this.at++;
    return (code) => classes.some((is) => is(code)) !== negated;
  }

  private named(): Class | null {
    const [all, not, name = ''] = /^\[:(\^?)(.*?):\]/s.exec(this.source.slice(this.at)) ?? [];
    if (all === undefined) return null;
    const inside = name.length > 1 && Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
    if (inside === undefined) throw new PatternError(this.source);
    this.at += all.length;
    const is = classOf(inside);
    return not ? (code) => !is(code) : is;
  }

  private range(): Class {
    const low = codeOf(this.character());
    if (this.source[this.at] !== '-' || this.source[this.at + 1] === ']' || this.at + 1 >= this.source.length) {
      return (code) => code === low;
    }
    this.at++;
    const high = codeOf(this.character());
    if (high < low) throw new PatternError(this.source);
    return (code) => low <= code && code <= high;
  }

  /** One character, escaped or not (parseEscape). */
  private character(): string {
    const code = this.source.codePointAt(this.at);
    if (code === undefined) throw new PatternError(this.source);
    const char = String.fromCodePoint(code);
    if (char !== '\\') {
      this.at += char.length;
      return char;
    }
    const rest = this.source.slice(this.at + 1, this.at + 5);
    const [octal] = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest) ?? [];
    const [hex] = /^x[0-9A-Fa-f]{2}/.exec(rest) ?? [];
    const next = rest[0] ?? '';
    this.at += 1 + (octal ?? hex ?? next).length;
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex.slice(1), 16));
    const control = CONTROL[next];
    if (control !== undefined) return control;
    if (!/^[^0-9A-Za-z\x80-\uFFFF]$/.test(next)) throw new PatternError(this.source);
    return next;
  }

  private take(text: string): boolean {
    const taken = this.source.startsWith(text, this.at);
    if (taken) this.at += text.length;
    return taken;
  }
}

function classOf(inside: string): Class {
  const regexp = new RegExp(`^[${inside}]$`, 'su');
  return (code) => code >= 0 && regexp.test(String.fromCodePoint(code));
}

function isBoundary(before: number, after: number): boolean {
  return isWord(before) !== isWord(after);
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
