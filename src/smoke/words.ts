// A command line as people write it → its words, as a shell splits them. No shell is run: there are no variables, no
// pipes, no wildcards. Pure.

/** What a shell would act on. As a word of its own it is a mistake: the program would get it as an argument. */
const OPERATORS = new Set(['|', '||', '&', '&&', ';', '>', '>>', '<', '2>', '2>&1']);

/**
 * Splits at white space outside quotes. '…' takes all as it stands; "…" knows \" and \\; a backslash outside quotes takes
 * the next character as it stands. A text that begins with [ is a JSON array of words, as in a Dockerfile.
 * @returns the words, or what is wrong: a clause without its subject
 */
export function splitWords(text: string): { words: string[] } | { problem: string } {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) return jsonWords(trimmed);
  const words: string[] = [];
  const word = /\s*((?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+)/y;
  while (word.lastIndex < trimmed.length) {
    const [, raw] = word.exec(trimmed) ?? [];
    if (raw === undefined) return { problem: 'has a quote that is not closed, or ends with a backslash' };
    if (OPERATORS.has(raw)) {
      return { problem: `has a ${raw}, which is for a shell, and none reads it: write sh -c '…', or quote it` };
    }
    words.push(unquoted(raw));
  }
  return { words };
}

function unquoted(raw: string): string {
  return raw.replace(/'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g, (_, single, double, escaped) => {
    return single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped;
  });
}

function jsonWords(text: string): { words: string[] } | { problem: string } {
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return { words };
  } catch {}
  return { problem: 'begins with [ and is no JSON array of texts, such as ["server", "--port", "80"]' };
}
