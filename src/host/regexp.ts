// Regular expressions of users on texts of strangers: some take exponential time, so a clock runs.

import { createContext, Script } from 'node:vm';

const SCRIPT = new Script('texts.findIndex((text) => expression.test(text))');

/**
 * The index of the first text that matches; -1 if none does; null when that took too long. Node ends a script that runs
 * past its time even inside a regular expression.
 * @param seconds that it may take
 */
export function firstMatch(source: string, flags: string, texts: string[], seconds: number): number | null {
  const context = createContext({ expression: new RegExp(source, flags), texts });
  try {
    return SCRIPT.runInContext(context, { timeout: seconds * 1000 });
  } catch {
    return null;
  }
}
