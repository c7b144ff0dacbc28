// What strangers print must not reach a terminal, a summary or a file as it is: control characters go, and so do the
// values that the user passed in. Pure.

import { stripVTControlCharacters } from 'node:util';

/**
 * Removes what a hostile text could do to a terminal: escape sequences, control characters but tab and line end, and what
 * turns the direction of the text behind it, so that it reads as something else.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

/** A name, which may have any character, on one line. */
export function oneLine(name: string): string {
  return printable(name).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** A value that is not to be shown, and the name that stands for it. */
export interface Hidden {
  name: string;
  value: string;
}

/**
 * Replaces hidden values by their names. Values of fewer than four characters stay: they are no secret that could be
 * kept, and "1" or "dev" stand everywhere.
 */
export function redact(text: string, hidden: Hidden[]): string {
  return [...hidden]
    .filter(({ value }) => value.length >= 4)
    .sort((a, b) => b.value.length - a.value.length)
    .reduce((result, { name, value }) => result.replaceAll(value, `[${name}]`), text);
}

/** Applies a change to every text in a piece of plain data. */
export function mapText<T>(data: T, change: (text: string) => string): T {
  if (typeof data === 'string') return change(data) as T;
  if (Array.isArray(data)) return data.map((item) => mapText(item, change)) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, mapText(value, change)])) as T;
}
