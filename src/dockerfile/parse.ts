// Text → model. Tolerant: what BuildKit would reject is listed, and everything else is in the model all the same.
// The order of the work is BuildKit's own: lines.ts, split.ts, check.ts and link.ts say which part of it they follow.
import { checkInstruction, unknownInstruction } from './check.ts';
import type { Dockerfile, Instruction, SyntaxProblem } from './dockerfile.ts';
import { LineReader, type LogicalLine } from './lines.ts';
import { linkStages } from './link.ts';
import { rangeAt } from './position.ts';
import { announcedHeredocs, splitLine } from './split.ts';
import { type BuildArgs, globalScope } from './variables.ts';

/** A Dockerfile and what is wrong with it, in the order of the file. */
export interface Parsed {
  dockerfile: Dockerfile;
  problems: SyntaxProblem[];
}

/**
 * Reads a Dockerfile. Never throws. `path` only names the file in messages. With `buildArgs`, a FROM whose name holds a
 * variable leads to the stage that such a build uses; without, to the one that the ARGs' defaults name.
 *
 * `problems` has what BuildKit rejects before it looks at an image or a file. A frontend other than Docker's own may
 * have another language, so that a file whose `# syntax=` names one has none.
 */
export function parseDockerfile(text: string, path: string, buildArgs: BuildArgs = {}): Parsed {
  const reader = new LineReader(text);
  const problems: SyntaxProblem[] = [];
  const instructions: Instruction[] = [];
  for (let line = reader.read(); line !== null; line = reader.read()) {
    const instruction = readInstruction(reader, line, instructions.at(-1) ?? null, problems);
    if (instruction !== null) instructions.push(instruction);
  }
  const { directives, comments, escape: escapeToken } = reader;
  const linked = linkStages(instructions, globalScope({ instructions, escape: escapeToken }, buildArgs), escapeToken);
  const { stages } = linked;
  const dockerfile: Dockerfile = { path, text, directives, escape: escapeToken, comments, instructions, stages };
  problems.push(...linked.problems);
  problems.push(...reader.problems, ...wrongWhole(dockerfile, reader, problems));
  problems.sort((a, b) => a.range.start.line - b.range.start.line);
  return { dockerfile, problems: speaksDockerfile(dockerfile) ? problems : [] };
}

/** Whether Docker's own frontend reads it: those and their mirrors have `dockerfile` in their name. */
export function speaksDockerfile({ directives }: Dockerfile): boolean {
  const syntax = directives.find(({ name }) => name === 'syntax')?.value;
  return syntax === undefined || /dockerfile/i.test(syntax);
}

function readInstruction(
  reader: LineReader,
  line: LogicalLine,
  above: Instruction | null,
  problems: SyntaxProblem[],
): Instruction | null {
  const { keyword, instruction } = splitLine(line.text, line.pieces, reader.escape);
  if (instruction === null) {
    problems.push(unknownInstruction(keyword, rangeAt(line.pieces, 0, line.text.trimEnd().length), above));
    return null;
  }
  instruction.comments = line.comments;
  problems.push(
    ...[checkInstruction(instruction), readHeredocs(reader, line, instruction)].filter((found) => found !== null),
  );
  instruction.range.end = reader.lineRange(reader.line - 1).end;
  return instruction;
}

/** Gives the instruction the heredocs that its line announces; the problem if one of them does not end. */
function readHeredocs(reader: LineReader, line: LogicalLine, instruction: Instruction): SyntaxProblem | null {
  const target = instruction.trigger ?? instruction;
  if (!['ADD', 'COPY', 'RUN'].includes(target.keyword) || target.json !== null) return null;
  for (const announced of announcedHeredocs(line.text)) {
    const body = reader.readHeredoc(announced.name, announced.chomp);
    if (body === null) {
      const hint = `The heredoc goes on to the end of the file: no line below is exactly \`${announced.name}\`.`;
      return { message: 'unterminated heredoc', hint, range: instruction.range };
    }
    instruction.heredocs.push({ ...announced, ...body });
  }
  target.heredocs = instruction.heredocs;
  return null;
}

/** The problem of a file in which nothing can be built; none if a line of it was complained about already. */
function wrongWhole({ instructions, stages }: Dockerfile, reader: LineReader, found: SyntaxProblem[]): SyntaxProblem[] {
  if (stages.length > 0 || found.length > 0) return [];
  const start = { line: 1, column: 1 };
  const range = reader.lineCount > 0 ? reader.lineRange(0) : { start, end: start };
  if (instructions.length === 0) {
    const message = reader.lineCount > 0 ? 'file with no instructions' : 'the Dockerfile cannot be empty';
    return [{ message, hint: 'A Dockerfile begins with `FROM image`.', range }];
  }
  return [{ message: 'dockerfile contains no stages to build', hint: 'Add `FROM image` below the ARGs.', range }];
}
