// The Dockerfile model: what the other rooms read. Types only, and the few questions that everybody asks of them.
// Text becomes this model in parse.ts. Nothing here reads a file.

/** A place in the text: line and column count from 1; columns are UTF-16 code units. */
export interface Position {
  line: number;
  column: number;
}

/** A stretch of the text; `end` is the position behind its last character. */
export interface Range {
  start: Position;
  end: Position;
}

/**
 * Text that was joined from several lines: from `offset` on, up to the next piece, it stands on one line of the file
 * and begins at `start`. position.ts turns offsets back into places.
 */
export interface Piece {
  offset: number;
  start: Position;
}

/** A word as it is written (quotes and variables not resolved); of the JSON form, the decoded string. */
export interface Word {
  text: string;
  range: Range;
}

/** An option in front of the arguments: `--from=build` is `{ name: "from", value: "build" }`, `--link` has value null. */
export interface Flag {
  name: string;
  value: string | null;
  range: Range;
}

export interface Heredoc {
  /** The delimiter without quotes: `EOF`. */
  name: string;
  fileDescriptor: number;
  /** False where the delimiter is quoted: variables in the content are then left alone. */
  expand: boolean;
  /** True for `<<-`: leading tabs are removed. */
  chomp: boolean;
  /** The lines between, as they are written. */
  content: string;
  /** Of the content, without the line that ends it. */
  range: Range;
}

/** A comment line; `text` is what follows the `#`, trimmed. */
export interface Comment {
  text: string;
  range: Range;
}

export const KEYWORDS = [
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
] as const;
export type Keyword = (typeof KEYWORDS)[number];

export interface Instruction {
  /** Upper case, however it is written. */
  keyword: Keyword;
  /** From the first character of the keyword to the end of the last line, heredocs included. */
  range: Range;
  /** The instruction on one line as people read it: continuations joined, comments left out, white space folded; no heredoc content. */
  text: string;
  flags: Flag[];
  /**
   * What follows the flags, split as BuildKit splits it for this instruction: at white space (FROM, COPY, ADD, EXPOSE,
   * VOLUME), at white space outside quotes (ENV, LABEL, ARG, and every command in shell form), or not at all (WORKDIR,
   * USER, STOPSIGNAL, MAINTAINER). What a shell makes of a RUN is in commands.ts; names and values are in variables.ts.
   */
  words: Word[];
  /** The arguments of the JSON form (`CMD ["a", "b"]`), else null. */
  json: string[] | null;
  /** The joined text behind the flags, as BuildKit gives it to a shell or splits it. */
  rest: string;
  /** Where `rest` stands in the file. */
  pieces: Piece[];
  /** In the order of their `<<`. An ONBUILD and its trigger have the same ones. */
  heredocs: Heredoc[];
  /** The instruction behind ONBUILD, else null. */
  trigger: Instruction | null;
  /** The comment lines directly above it, without an empty line between. */
  comments: Comment[];
}

/** Where a stage begins: another stage of this file, an image, or nothing. `name` is as written, variables not resolved. */
export type Base =
  | { kind: 'stage'; stage: number; name: string }
  | { kind: 'image'; name: string }
  | { kind: 'scratch'; name: string };

export interface Stage {
  /** Counts from 0. */
  index: number;
  /** The name after AS, in lower case as BuildKit compares it, else null. */
  name: string | null;
  base: Base;
  from: Instruction;
  /**
   * The instructions that the parent stage left behind ONBUILD: BuildKit runs them first, as steps of this stage. They
   * keep the place where they are written. Those of a base image are not in the file and so not here.
   */
  triggers: Instruction[];
  /** Everything below the FROM up to the next, in order. */
  instructions: Instruction[];
}

export interface Directive {
  name: 'syntax' | 'escape' | 'check';
  value: string;
  line: number;
}

export interface Dockerfile {
  /** As the user named it; only for messages. */
  path: string;
  /** The whole file as it was given, byte order mark and line ends included. */
  text: string;
  directives: Directive[];
  /** The character that joins lines and escapes: a backslash, or a backtick where the file says so. */
  escape: string;
  /** All comment lines, also those that stand above no instruction or between the lines of one. */
  comments: Comment[];
  /** All instructions in order, those above the first FROM included. */
  instructions: Instruction[];
  stages: Stage[];
}

/** Text that BuildKit rejects: its own message where it has one, and a hint where ours says more. */
export interface SyntaxProblem {
  message: string;
  hint: string | null;
  range: Range;
}
