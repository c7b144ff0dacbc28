// Instructions that are there to change, so that what stands below runs again: told from names and addresses.
import type { Instruction } from '../dockerfile/dockerfile.ts';
import { addedUrls } from '../dockerfile/files.ts';
import { pairs } from '../dockerfile/variables.ts';

const NAME =
  /^(.*_)?(CACHE_?BUST(ER|ING)?|BUST_?CACHE|CACHE_?BREAK(ER)?|CACHE_?DATE|(INVALIDATE|SKIP|BREAK|NO|KILL)_?CACHE|CACHE_?INVALIDAT(E|OR|ION)|FORCE_?(REBUILD|BUILD|UPDATE)|REBUILD)(_.*)?$/i;
const NEW_EACH_TIME =
  /^https?:\/\/([^/]*\.)?(random\.org|worldtimeapi\.org|worldclockapi\.com|timeapi\.io|currentmillis\.com)\//;
const TELLS_A_REF = /^https?:\/\/(api\.github\.com\/repos\/|[^/]+\/api\/v4\/projects\/)/;

/** What in the instruction changes in every build: a variable's name or a URL; null if nothing. */
export function busterOf(instruction: Instruction): string | null {
  if (instruction.keyword === 'ARG') return pairs(instruction).find(({ name }) => NAME.test(name))?.name ?? null;
  return addedUrls(instruction).find((url) => NEW_EACH_TIME.test(url)) ?? null;
}

/** Whether the URL tells where a branch is, so that what stands below an ADD of it follows the branch. */
export function tellsRef(url: string): boolean {
  return TELLS_A_REF.test(url);
}
