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
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, short = '', attached = ''] = /^-([A-Za-z])(.+)$/s.exec(word) ?? [];
    const [, name, given] = valued.has(short)
      ? [word, short, attached]
      : (/^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? []);
    if (word === '--') operands.push(...rest.splice(0));
    else if (!word.startsWith('-')) operands.push(word);
    else if (name !== undefined) {
      const value = given ?? (valued.has(name) ? rest.shift() : undefined);
      options.set(name, [...(options.get(name) ?? []), value ?? '']);
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
