// Lists and names in messages.

/** The values, each once. */
export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** `a, b and c` */
export function list(items: readonly string[], conjunction: string): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} ${conjunction} ${items.at(-1)}`;
}

/** `a, b and c`, each as code. */
export function quoted(items: readonly string[], conjunction: string): string {
  return list(
    items.map((item) => `\`${item}\``),
    conjunction,
  );
}

/** At most so many items; where there are more, the last one counts the rest. */
export function shortened(items: readonly string[], most: number): string[] {
  return items.length <= most ? [...items] : [...items.slice(0, most - 1), `${items.length - most + 1} more`];
}
