// Instructions → stages, and what BuildKit rejects when it puts them together: instructions/parse.go (Parse) and
// dockerfile2llb/convert.go (addState, toCommand).
import type { Base, Flag, Instruction, Range, Stage, SyntaxProblem } from './dockerfile.ts';
import { findFlag, mounts } from './files.ts';
import { parentOf } from './stages.ts';
import { resolve, type Scope } from './variables.ts';

/** The stages that the instructions make. `globals` is what their FROM lines see. */
export function linkStages(
  instructions: readonly Instruction[],
  globals: Scope,
  escapeToken: string,
): { stages: Stage[]; problems: SyntaxProblem[] } {
  const stages: Stage[] = [];
  const problems: SyntaxProblem[] = [];
  const byName = new Map<string, number>();
  const left = new Map<Stage, Instruction[]>();
  /** What a stage leaves behind ONBUILD: the same list for all that are built from it. */
  const leftBehind = (parent: Stage | undefined): Instruction[] => {
    if (parent === undefined) return [];
    const known = left.get(parent) ?? parent.instructions.flatMap(({ trigger }) => trigger ?? []);
    left.set(parent, known);
    return known;
  };
  for (const instruction of instructions) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      const resolved = resolve(instruction.words[0]?.text ?? '', globals, escapeToken);
      const base = baseOf(instruction, byName, resolved);
      const { range } = instruction.words[0] ?? instruction;
      if (resolved !== null && !byName.has(resolved)) problems.push(...wrongCase(resolved, range, byName));
      const name = stageName(instruction);
      if (name !== null) byName.set(name, stages.length);
      const triggers = leftBehind(parentOf({ stages }, { base }));
      stages.push({ index: stages.length, name, base, from: instruction, triggers, instructions: [] });
    } else if (stage !== undefined) {
      stage.instructions.push(instruction);
    } else if (instruction.keyword !== 'ARG' && problems.length === 0) {
      // The first one stands for all: they lack the same FROM.
      const hint = 'Only ARG may stand above the first FROM.';
      problems.push({ message: 'no build stage in current context', hint, range: instruction.range });
    }
  }
  problems.push(...wrongSources(stages));
  return { stages, problems };
}

function stageName({ words }: Instruction): string | null {
  return words[1]?.text.toLowerCase() === 'as' && words[2] !== undefined ? words[2].text.toLowerCase() : null;
}

/** A name that differs from a stage's only in case means that stage: BuildKit rejects it, and there is no other. */
function baseOf(from: Instruction, byName: ReadonlyMap<string, number>, resolved: string | null): Base {
  const name = from.words[0]?.text ?? '';
  const stage = byName.get((resolved ?? name).toLowerCase());
  if (stage !== undefined) return { kind: 'stage', stage, name };
  return { kind: resolved === 'scratch' ? 'scratch' : 'image', name };
}

/**
 * The problem of a name with capitals that is no stage's. BuildKit keeps the names of stages in lower case, does not
 * lower the name behind FROM, and the path of an image has no capitals (distribution/reference, ParseNormalizedNamed).
 */
function wrongCase(name: string, range: Range, byName: ReadonlyMap<string, number>): SyntaxProblem[] {
  const [, domain, path = name] = /^((?:[^/]*[.:A-Z][^/]*|localhost)\/)?(.*)$/s.exec(name) ?? [];
  const official = domain === undefined && !path.includes('/') ? 'library/' : '';
  const repository = official + path.replace(/:.*$/s, '');
  if (repository === repository.toLowerCase()) return [];
  const quoted = JSON.stringify(name);
  const message = `failed to parse stage name ${quoted}: invalid reference format: repository name (${repository}) must be lowercase`;
  const lower = name.toLowerCase();
  const hint = byName.has(lower)
    ? `BuildKit keeps the names of stages in lower case: write \`FROM ${lower}\`.`
    : 'The names of images are in lower case.';
  return [{ message, hint, range }];
}

/** What is wrong with the sources of COPY --from, which may be a stage's name or index, or an image. */
function wrongSources(stages: readonly Stage[]): SyntaxProblem[] {
  const names = new Set(stages.map(({ name }) => name));
  const isStage = (name: string): boolean => names.has(name.toLowerCase());
  // BuildKit numbers the images that are named so far behind the stages, so that an index may be one of theirs.
  let numbered = stages.length;
  return stages
    .flatMap(({ instructions }) => instructions)
    .flatMap((instruction) => {
      numbered += mounts(instruction).filter(({ from }) => !isStage(from ?? 'scratch')).length;
      const flag = instruction.keyword === 'COPY' ? findFlag(instruction, 'from') : null;
      if (!flag?.value) return [];
      const index = /^[+-]?\d+$/.test(flag.value) ? Number(flag.value) : null;
      if (index !== null) return wrongIndex(flag, index, numbered, stages.length);
      if (isStage(flag.value)) return [];
      numbered++;
      return wrongImage(flag, flag.value);
    });
}

function wrongIndex({ range }: Flag, index: number, numbered: number, stages: number): SyntaxProblem[] {
  if (index >= 0 && index < numbered) return [];
  const hint = stages === 1 ? 'The file has one stage, number 0.' : `The file has ${stages} stages, counted from 0.`;
  return [{ message: `invalid stage index ${index}`, hint, range }];
}

function wrongImage({ range }: Flag, name: string): SyntaxProblem[] {
  if (resolve(name, { values: new Map(), closed: true }) === name) return wrongCase(name, range, new Map());
  const message =
    'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround';
  return [{ message, hint: null, range }];
}
