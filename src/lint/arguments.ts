// The arguments of a command, split into options and operands. What they mean is the caller's business.

export interface Arguments {
  operands: string[];
  /** The values of each option, by its name without dashes; '' for one without a value. */
  options: Map<string, string[]>;
}

/** Splits as most programs do: a `valued` option takes what follows `=`, or the rest of a short one, or the next word. */
export function splitArguments(args: readonly string[], valued: ReadonlySet<string>): Arguments {
  const operands: string[] = [];
  const options = new Map<string, string[]>();
  let next = 0;
  while (next < args.length) {
    const word = args[next++] ?? '';
    const [, short = '', attached = ''] = /^-([A-Za-z])(.+)$/s.exec(word) ?? [];
    const [, name, given] = valued.has(short)
      ? [word, short, attached]
      : (/^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? []);
    if (word === '--') return { operands: operands.concat(args.slice(next)), options };
    if (!word.startsWith('-')) operands.push(word);
    else if (name !== undefined) {
      const value = given ?? (valued.has(name) ? args[next++] : undefined) ?? '';
      const known = options.get(name);
      if (known === undefined) options.set(name, [value]);
      else known.push(value);
    }
  }
  return { operands, options };
}

/** A set of the words in a text. */
export function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** `./x`, `../x`, `/x`, `~/x`, `.`, `.[dev]` */
export function isPath(name: string): boolean {
  return /^(\.{1,2}(\/|$|\[)|\/|~)/.test(name);
}

/** Text that the shell still has to work out with a command; a plain variable is a name like any other. */
export function isComputed(word: string): boolean {
  return /\$\(|`/.test(word);
}
