// What --fix has changed in a file, as a unified diff. Pure.
import { structuredPatch } from 'diff';
import { oneLine, printable } from './clean.ts';
import { type Display, paint } from './display.ts';

/** A unified diff of the two texts, ready to print: `patch` takes it, but for control characters, which are left out. */
export function diffText(file: string, before: string, after: string, display: Display): string {
  const name = oneLine(file);
  const { hunks } = structuredPatch(name, name, before, after, undefined, undefined, { context: 3 });
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: changed }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...changed,
  ]);
  return [`--- ${name}`, `+++ ${name}`, ...lines].map((line) => coloured(printable(line), display)).join('\n');
}

function coloured(line: string, display: Display): string {
  if (line.startsWith('-')) return paint('red', line, display);
  if (line.startsWith('+')) return paint('green', line, display);
  return line.startsWith('@@') ? paint('dim', line, display) : line;
}
