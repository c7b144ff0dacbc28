// RUN → the simple commands its shell runs. The shell text is parsed by unbash; here its tree is flattened, wrappers
// such as sudo are taken off, and `cd` is followed. What a command does is the business of the rules.
import { basename } from 'node:path/posix';
import { type AndOr, type Command, forEachChild, parse, type Script, type Statement, type SyntaxNode } from 'unbash';
import type { Instruction, Piece, Range } from './dockerfile.ts';
import { rangeAt } from './position.ts';
import { heredocWord } from './split.ts';
import { changeDirectory } from './workdir.ts';

/** One simple command, in the order of the text: `npm ci` of `cd web && sudo npm ci`. */
export interface ShellCommand {
  /** Without quotes, and without wrappers (sudo, env, exec, …); expansions stay as text (`$HOME`). Empty: assignments only. */
  words: string[];
  /** As it is written, wrappers included. */
  text: string;
  range: Range;
  /**
   * The directory it runs in, as far as `cd` goes: absolute; or relative, and then to the instruction's working
   * directory ('.' is that); null where it cannot be known.
   */
  workdir: string | null;
  /** Variables set for it: `CI=1 npm ci`, `env CI=1 npm ci`. */
  assignments: { name: string; value: string }[];
}

/**
 * The commands of a RUN, CMD or ENTRYPOINT in shell or JSON form, with those inside pipes, groups, conditions, loops,
 * functions, `$(…)`, `sh -c '…'` and heredoc scripts. A script for another interpreter (`#!/usr/bin/python3`) has none.
 * Shell text with errors gives what can be read of it.
 */
export function shellCommands(instruction: Instruction): ShellCommand[] {
  const { keyword, json, words } = instruction;
  if (keyword !== 'RUN' && keyword !== 'CMD' && keyword !== 'ENTRYPOINT') return [];
  const collector = new Collector();
  if (json !== null) {
    const { rest: text, range } = instruction;
    collector.simple({ words: json, assignments: [], text, range }, (at) => {
      const word = words[at];
      return { text: word?.text ?? '', locate: () => word?.range ?? range };
    });
  } else {
    const script = shellScript(instruction);
    if (script !== null) collector.script(script);
  }
  return collector.commands;
}

/** Shell text, and where its parts stand in the file. */
interface ScriptText {
  text: string;
  locate: (start: number, end: number) => Range;
}

// unbash takes quadratic time for heredocs on one line; no RUN has that many.
const MOST_HEREDOCS = 500;

/** What the shell is given, heredocs included (dispatchRun in BuildKit's convert.go); null if no shell gets it. */
function shellScript(instruction: Instruction): ScriptText | null {
  const { rest, pieces, heredocs } = instruction;
  if (rest.split('<<').length > MOST_HEREDOCS) return null;
  // `RUN <<EOF` alone makes the content the script; next to other words the shell itself reads the heredoc.
  const alone = heredocs.length > 0 && heredocWord(rest) !== null;
  let text = alone ? '' : rest;
  const joined: Piece[] = alone ? [] : [...pieces];
  for (const { content, chomp, name, range } of alone ? heredocs.slice(0, 1) : heredocs) {
    if (!alone) text += '\n';
    for (const [index, written] of content.split(/(?<=\n)/).entries()) {
      const line = alone && chomp ? written.replace(/^\t+/, '') : written;
      const column = 1 + written.length - line.length;
      joined.push({ offset: text.length, start: { line: range.start.line + index, column } });
      text += line;
    }
    if (!alone) text += name;
  }
  if (alone && text.startsWith('#!') && !SHELLS.has(interpreter(text))) return null;
  if (joined.length === 0) return null;
  return { text, locate: (start, end) => rangeAt(joined, start, end) };
}

/** The program that a `#!` line names, behind `env` if need be. */
function interpreter(script: string): string {
  const [program = '', ...others] = script.replace(/\n.*/s, '').slice(2).trim().split(/\s+/);
  const name = basename(program);
  return name === 'env' ? basename(others.find((word) => !word.startsWith('-')) ?? '') : name;
}

const SHELLS: ReadonlySet<string> = new Set(['ash', 'bash', 'dash', 'ksh', 'sh', 'zsh']);

// Programs that run the command behind them, with their options that take a value.
const WRAPPERS: Readonly<Record<string, readonly string[]>> = {
  command: [],
  env: ['-u', '--unset', '-C', '--chdir'],
  exec: ['-a'],
  nice: ['-n', '--adjustment'],
  nohup: [],
  sudo: ['-C', '-D', '-g', '-h', '-p', '-R', '-r', '-T', '-t', '-U', '-u', '--user', '--group', '--chdir'],
  time: ['-f', '-o'],
};

// Scripts within scripts: nobody nests them deeper, and text that does is kept off the call stack.
const DEEPEST = 10;

type SimpleCommand = Omit<ShellCommand, 'workdir'>;

class Collector {
  readonly commands: ShellCommand[] = [];
  private workdir: string | null = '.';
  private depth = 0;

  script({ text, locate }: ScriptText): void {
    if (this.depth >= DEEPEST) return;
    this.depth++;
    this.list(parse(text).commands, { text, locate });
    this.depth--;
  }

  /** Adds a command whose words are known; `argument` gives the text of a word, should it be a script. */
  simple(command: SimpleCommand, argument: (at: number) => ScriptText): void {
    const { words, skipped, assignments } = unwrap(command);
    const script = SHELLS.has(basename(words[0] ?? '')) ? scriptArgument(words) : null;
    if (script !== null) {
      this.isolated(() => this.script(argument(script + skipped)));
      return;
    }
    this.commands.push({ ...command, words, assignments, workdir: this.workdir });
    if (words[0] === 'cd' || words[0] === 'pushd') this.workdir = this.changed(words.slice(1));
    if (words[0] === 'popd') this.workdir = null;
  }

  private changed(words: string[]): string | null {
    const path = words.find((word) => !/^-[LPe]+$|^--$/.test(word));
    return path === undefined || /^[-~+]|[$`*?[]/.test(path) ? null : changeDirectory(this.workdir, path);
  }

  /** A part that runs in a shell of its own: its `cd` ends with it. */
  private isolated(part: () => void, workdir = this.workdir): void {
    const before = this.workdir;
    this.workdir = workdir;
    part();
    this.workdir = before;
  }

  /** Parts of which one runs, or none: behind them the directory is known only if all agree. */
  private alternatives(parts: (() => void)[]): void {
    const before = this.workdir;
    const after = parts.map((part) => {
      this.workdir = before;
      part();
      return this.workdir;
    });
    this.workdir = after.every((workdir) => workdir === before) ? before : null;
  }

  private list(statements: readonly Statement[], script: ScriptText): void {
    for (const { command, background } of statements) {
      if (background) this.isolated(() => this.node(command, script));
      else this.node(command, script);
    }
  }

  private node(node: SyntaxNode, script: ScriptText): void {
    const visit = (part: SyntaxNode): void => this.node(part, script);
    switch (node.type) {
      case 'Command':
        this.command(node, script);
        break;
      case 'CompoundList':
        this.list(node.commands, script);
        break;
      case 'AndOr':
        this.chain(node, script);
        break;
      case 'Pipeline':
        if (node.commands.length === 1) node.commands.forEach(visit);
        else for (const command of node.commands) this.isolated(() => visit(command));
        break;
      case 'If':
        visit(node.clause);
        this.alternatives([
          () => visit(node.then),
          ...node.elif.map(
            ({ clause, then }) =>
              () =>
                [clause, then].forEach(visit),
          ),
          () => this.list(node.else?.commands ?? [], script),
        ]);
        break;
      case 'Case':
        this.alternatives(node.items.map((item) => () => visit(item.body)));
        break;
      case 'While':
        visit(node.clause);
        this.alternatives([() => visit(node.body)]);
        break;
      case 'For':
      case 'ArithmeticFor':
      case 'Select':
        this.alternatives([() => visit(node.body)]);
        break;
      case 'Subshell':
      case 'Coproc':
        this.isolated(() => visit(node.body));
        break;
      case 'Function':
        this.isolated(() => visit(node.body), null);
        break;
      case 'BraceGroup':
        visit(node.body);
        break;
      case 'Redirected':
        visit(node.command);
        break;
    }
  }

  /** `a && b || c`: behind `cd x ||` stands what happens where `cd` failed; what follows the chain runs in x. */
  private chain({ commands, operators }: AndOr, script: ScriptText): void {
    let start = this.workdir;
    for (const [index, command] of commands.entries()) {
      const success = this.workdir;
      const otherwise = operators[index - 1] === '||';
      if (otherwise) this.workdir = start;
      else start = success;
      this.node(command, script);
      if (otherwise) this.workdir = this.workdir === start ? success : null;
    }
  }

  private command(node: Command, script: ScriptText): void {
    forEachChild(node, (child) => this.substitutions(child, script));
    const assignments = node.prefix.flatMap((part) => {
      if (part.type !== 'Assignment') return [];
      const { name, value } = part;
      return [{ name, value: value.type === 'Word' ? value.value : '' }];
    });
    const nodes = [...(node.name ? [node.name] : []), ...node.args];
    const words = nodes.map((word) => (word.type === 'Word' ? word.value : word.text));
    const stdin = node.redirects.find((redirect) => redirect.type === 'HereDoc');
    const { words: bare } = unwrap({ words, assignments });
    if (
      stdin !== undefined &&
      SHELLS.has(basename(bare[0] ?? '')) &&
      bare.slice(1).every((word) => /^-[^c]*$/.test(word))
    ) {
      const { pos, text } = stdin.body;
      this.isolated(() => this.script(inner(script, text, pos, node)));
      return;
    }
    // A quote that is never closed takes in the end of the script, and more.
    const text = script.text.slice(node.pos, node.end).trimEnd();
    const range = script.locate(node.pos, node.pos + text.length);
    this.simple({ words, assignments, text, range }, (at) =>
      inner(script, words[at] ?? '', (nodes[at]?.pos ?? 0) + 1, node),
    );
  }

  /** Finds the scripts in `$(…)`, backticks and `<(…)`, down to any depth of words. */
  private substitutions(node: SyntaxNode, script: ScriptText): void {
    if (node.type !== 'CommandExpansion' && node.type !== 'ProcessSubstitution') {
      forEachChild(node, (child) => this.substitutions(child, script));
      return;
    }
    if (node.script === undefined || this.depth >= DEEPEST) return;
    const nested: Script = node.script;
    const within = nested.source === undefined ? script : inner(script, nested.source, -1, node);
    this.depth++;
    this.isolated(() => this.list(nested.commands, within));
    this.depth--;
  }
}

/** A script inside another's word. Where quoting changed the text, its commands stand where the whole word's command stands. */
function inner(outer: ScriptText, text: string, at: number, around: { pos: number; end: number }): ScriptText {
  if (at >= 0 && outer.text.startsWith(text, at)) {
    return { text, locate: (start, end) => outer.locate(at + start, at + end) };
  }
  const range = outer.locate(around.pos, around.end);
  return { text, locate: () => range };
}

type Bare = Pick<ShellCommand, 'words' | 'assignments'>;

/** Takes off sudo, env and the like with their options; the variables they set are kept. Also tells how many words went. */
function unwrap({ words, assignments }: Bare): Bare & { skipped: number } {
  const [program = ''] = words;
  const valued = Object.hasOwn(WRAPPERS, program) ? WRAPPERS[program] : undefined;
  const bare = { words, assignments, skipped: 0 };
  if (valued === undefined) return bare;
  const set = [...assignments];
  let skipped = 1;
  for (let word = words[skipped]; word !== undefined; word = words[skipped]) {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined && value !== undefined) set.push({ name, value });
    else if (!word.startsWith('-')) break;
    skipped += valued.includes(word) ? 2 : 1;
  }
  // `command -v npm` asks, and `env` alone prints: neither runs anything.
  if (skipped >= words.length || (program === 'command' && skipped > 1)) return bare;
  const inside = unwrap({ words: words.slice(skipped), assignments: set });
  return { ...inside, skipped: inside.skipped + skipped };
}

/** Which word of `sh -c script` is the script; null if there is none. */
function scriptArgument(words: readonly string[]): number | null {
  let at = 1;
  for (let option = words[at]; option !== undefined && /^[-+]/.test(option); option = words[at]) {
    // `-o` takes the next word.
    at += /^[-+][A-Za-z]*o/.test(option) ? 2 : 1;
    if (!/^-[A-Za-z]*c[A-Za-z]*$/.test(option)) continue;
    if (words[at] === '--') at++;
    return at < words.length ? at : null;
  }
  return null;
}
