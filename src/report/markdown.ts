// Texts of strangers as markdown for GitHub: each stays text, whatever it says. Pure.

/** A message of ours, which has code between backticks. */
export function withCode(text: string): string {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return escapeText(text);
  return parts.map((part, at) => (at % 2 === 0 ? escapeText(part) : code(part))).join('');
}

/** Lines as they stand. */
export function preformatted(lines: string[]): string {
  return `<pre>${lines.map(escapeText).join('\n')}</pre>`;
}

/** Keeps a cell of the table on one line. */
export function together(text: string): string {
  return text.replaceAll(' ', '&nbsp;');
}

/** Code in a line. */
export function code(text: string): string {
  return `<code>${escapeText(text)}</code>`;
}

/**
 * A text as it stands, on one line: whatever could mean something to markdown or HTML becomes an entity, which never
 * forms a construct (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references).
 */
export function escapeText(text: string): string {
  return text
    .replace(/\s+/g, (blanks) => (blanks.includes('\n') ? ' ' : blanks))
    .replace(/[&<>"`*_[\]()#|~@\\$!:]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Lines as a difference: GitHub colours those that begin with + and -. A fence is closed only by one that is as long
 * (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), so this one is longer than any in the lines.
 */
export function difference(lines: string[]): string {
  const longest = lines.flatMap((line) => line.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  return [`${fence}diff`, ...lines, fence].join('\n');
}
