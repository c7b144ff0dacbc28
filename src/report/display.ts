// What a terminal can show, and how a text is coloured for it. Pure.

/** What the output can show. */
export interface Display {
  colour: boolean;
  /** Columns. */
  width: number;
}

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
const CODES: Record<Style, number> = { bold: 1, dim: 2, green: 32, yellow: 33, red: 31 };

/** Colours a text where colours are shown. */
export function paint(style: Style, text: string, { colour }: Display): string {
  return colour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}
