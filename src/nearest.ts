// What somebody may have meant who mistyped a word. Pure.

/**
 * The option that is at most two edits away from the word, whatever the case; null when none is. Of equals, one with the
 * same first letter. BuildKit's own limit: util/suggest.
 */
export function nearest(word: string, options: readonly string[]): string | null {
  const unlike = (option: string): number => (option[0]?.toLowerCase() === word[0]?.toLowerCase() ? 0 : 1);
  const [best] = options
    .map((option) => ({ option, edits: editDistance(word.toLowerCase(), option.toLowerCase()) }))
    .filter(({ edits }) => edits < 3)
    .sort((a, b) => a.edits - b.edits || unlike(a.option) - unlike(b.option));
  return best?.option ?? null;
}

/** Levenshtein's distance; Infinity where the lengths alone put it beyond two. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, char] of [...a].entries()) {
    let left = index + 1;
    let diagonal = index;
    row = row.map((up, at) => {
      if (at === 0) return left;
      left = Math.min(up + 1, left + 1, diagonal + (char === b[at - 1] ? 0 : 1));
      diagonal = up;
      return left;
    });
  }
  return row[b.length] ?? 0;
}
