// Columns of text for a terminal. Pure.

import { type Display, paint, type Style } from './display.ts';
import { cut } from './text.ts';

export interface Cell {
  text: string;
  style?: Style;
}

export interface Column {
  head: string;
  cells: Cell[];
  align?: 'right';
  /** It is cut where the line has no room for all of it. */
  gives?: true;
}

/** Of a column that is cut, as many characters stay. */
const LEAST = 16;
const INDENT = '  ';
const GAP = '  ';

/** Has the terminal room for the table? What gives way counts with the fewest characters it keeps. */
export function fits(columns: Column[], { width }: Display): boolean {
  return total(widthsOf(columns).map((own, at) => (columns[at]?.gives ? Math.min(own, LEAST) : own))) <= width;
}

/** The lines of a table: the heads, then the rows, two spaces between columns that are as wide as their cells. */
export function table(columns: Column[], display: Display): string[] {
  const natural = widthsOf(columns);
  const over = Math.max(0, total(natural) - display.width);
  const widths = natural.map((width, at) =>
    columns[at]?.gives ? Math.min(width, Math.max(LEAST, width - over)) : width,
  );
  const line = (cells: Cell[]): string => {
    const shown = cells.map(({ text, style }, at) => {
      const width = widths[at] ?? 0;
      const fitting = cut(text, width);
      const space = ' '.repeat(Math.max(0, width - fitting.length));
      const painted = style && fitting !== '' ? paint(style, fitting, display) : fitting;
      return columns[at]?.align === 'right' ? space + painted : painted + space;
    });
    return `${INDENT}${shown.join(GAP)}`.trimEnd();
  };
  const rows = columns[0]?.cells.map((_, row) => columns.map(({ cells }) => cells[row] ?? { text: '' })) ?? [];
  return [paint('dim', line(columns.map(({ head }) => ({ text: head }))), display), ...rows.map(line)];
}

function widthsOf(columns: Column[]): number[] {
  return columns.map(({ head, cells }) => cells.reduce((most, { text }) => Math.max(most, text.length), head.length));
}

function total(widths: number[]): number {
  return widths.reduce((sum, width) => sum + width, INDENT.length + GAP.length * (widths.length - 1));
}
