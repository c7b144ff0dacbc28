// Offsets of joined text back to places in the file. Pure arithmetic on pieces; nothing here knows instructions.
import type { Piece, Position, Range } from './dockerfile.ts';

/** The place of the character at `offset`. `pieces` begin at offset 0 and rise; without any, the place is the first. */
export function positionAt(pieces: readonly Piece[], offset: number): Position {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.offset ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const { start, offset: from } = pieces[low] ?? { start: { line: 1, column: 1 }, offset: 0 };
  return { line: start.line, column: start.column + offset - from };
}

/** The range of the characters from `start` up to, not including, `end`; it stays on the line of its last character. */
export function rangeAt(pieces: readonly Piece[], start: number, end: number): Range {
  const from = positionAt(pieces, start);
  if (end <= start) return { start: from, end: from };
  const last = positionAt(pieces, end - 1);
  return { start: from, end: { line: last.line, column: last.column + 1 } };
}

/** The pieces of the part of the text from `start` up to `end`, with offsets that count from its beginning. */
export function slicePieces(pieces: readonly Piece[], start: number, end: number): Piece[] {
  const inside = pieces.filter((piece) => piece.offset > start && piece.offset < end);
  return [
    { offset: 0, start: positionAt(pieces, start) },
    ...inside.map((piece) => ({ offset: piece.offset - start, start: piece.start })),
  ];
}
