// What tells a line of a file apart from one run to the next, as GitHub's own upload action computes it: another value
// under the same name would make it warn of every finding. Pure.
// https://github.com/github/codeql-action/blob/main/src/fingerprints.ts

/** How many characters from the start of a line count. */
const WINDOW = 100;
const FACTOR = 37n;
const END_OF_FILE = 65_535;

/** The fingerprint of each line, by its number less one. Blanks and the kind of line ends make no difference. */
export function fingerprints(text: string): string[] {
  const characters = text.replace(/\r\n?/g, '\n').replace(/[ \t]+/g, '');
  const codes = (at: number): bigint =>
    BigInt(at < characters.length ? characters.charCodeAt(at) : at === characters.length ? END_OF_FILE : 0);
  const leaving = BigInt.asUintN(64, FACTOR ** BigInt(WINDOW));
  // A polynomial of the characters in the window, which rolls on: what it had at a line's start is the line's value.
  let value = 0n;
  for (let at = 0; at < WINDOW; at++) value = BigInt.asUintN(64, value * FACTOR + codes(at));
  const seen = new Map<bigint, number>();
  const lines: string[] = [];
  for (let at = 0; at <= characters.length; at++) {
    if (at === 0 || characters[at - 1] === '\n') {
      const count = (seen.get(value) ?? 0) + 1;
      seen.set(value, count);
      lines.push(`${value.toString(16)}:${count}`);
    }
    value = BigInt.asUintN(64, value * FACTOR + codes(at + WINDOW) - codes(at) * leaving);
  }
  return lines;
}
