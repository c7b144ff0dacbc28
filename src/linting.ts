// The `lint` command's work: paths → Dockerfiles → findings, and files with their safe fixes made. How they are printed is the command's business.

import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ContextGuess } from './context/guess.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import { workspace } from './host/actions.ts';
import { directoryProblem, readText, realPath, replaceText } from './host/files.ts';
import { directoriesUpToTop, filesBelow, topLevel } from './host/git.ts';
import { readInput } from './host/terminal.ts';
import { openTree } from './host/tree.ts';
import type { Inputs, Problem } from './inputs.ts';
import { makeFixes } from './lint/fixing.ts';
import { dockerfileReader, LARGEST_DOCKERFILE } from './pipeline.ts';
import { mapText, oneLine, printable } from './report/clean.ts';
import type { LintReport, Sources } from './report/report.ts';

/** What was linted: the files by their names, their texts, and the findings. */
export interface LintedFiles {
  files: string[];
  sources: Sources;
  lint: LintReport;
  /** The files that fixes were made in. */
  fixed: FixedFile[];
  /** The text that came on standard input, its fixes made; '' where none came, or it cannot be given back whole. */
  piped: string;
  /** What could not be written. */
  problems: Problem[];
}

/** A file and its texts; of both the name is as the user gave it. */
export interface FixedFile {
  file: string;
  before: string;
  after: string;
}

export const STANDARD_INPUT = '-';
/** What standard input is called in findings. */
const INPUT_NAME = 'stdin';

/**
 * Lints the paths: files, directories, or standard input; or else says all that is wrong with them.
 * @param fixes whether safe fixes are made, and the files written; of standard input the text is given back only
 */
export async function lintPaths(
  paths: string[],
  inputs: Inputs,
  fixes: boolean,
): Promise<LintedFiles | { problems: Problem[]; files?: undefined }> {
  const found = await Promise.all(paths.map(dockerfilesOf));
  const problems = found.flatMap((result) => ('problem' in result ? [result.problem] : []));
  const named = onceEach(found.flatMap((result) => ('files' in result ? result.files : [])));
  const read = await Promise.all(named.map(readSource));
  const unread = read.flatMap(({ name, problem }): Problem[] =>
    problem === null ? [] : [{ kind: 'usage', message: `${oneLine(name)} ${problem}.`, file: name }],
  );
  if (problems.length + unread.length > 0) return { problems: [...problems, ...unread] };
  const guess = new ContextGuess();
  const all = await Promise.all(read.map((source) => lintSource(source, inputs, fixes, guess)));
  const results = all.filter((one) => paths.includes(one.file) || !isPiece(one.before, one.dockerfile, one.findings));
  const sum = (count: 'suppressed' | 'ignored') => results.reduce((all, { findings }) => all + findings[count], 0);
  const lint = {
    findings: results.flatMap(({ findings }) => findings.findings),
    suppressed: sum('suppressed'),
    ignored: sum('ignored'),
  };
  return {
    files: results.map(({ file }) => file),
    sources: new Map(results.map(({ file, after }) => [printable(file), after])),
    lint: mapText(lint, printable),
    fixed: results.filter(({ before, after }) => before !== after),
    piped: results.find(({ path, problem }) => path === null && problem === null)?.after ?? '',
    problems: results.flatMap(({ problem }) => (problem === null ? [] : [problem])),
  };
}

/** A file, and what came of it. */
interface LintedFile extends FixedFile {
  path: string | null;
  /** As it was. */
  dockerfile: Dockerfile;
  findings: LintReport;
  problem: Problem | null;
}

/** Lints a file that was read; with its fixes made, and the file written, if they are asked for. */
async function lintSource(
  { name, path, text }: Source,
  inputs: Inputs,
  fixes: boolean,
  guess: ContextGuess,
): Promise<LintedFile> {
  const before = text ?? '';
  const read = dockerfileReader(name, contextOf(path, before, inputs, guess), inputs, null);
  const lint = (changed: string): LintReport => read(changed).findings;
  const { dockerfile, findings: first } = read(before);
  const one = { file: name, path, before, dockerfile };
  if (!fixes) return { ...one, after: before, findings: first, problem: null };
  const { text: after, linted, findings } = makeFixes(before, lint);
  const unwritten = path === null ? lossOf(before) : after === before ? null : await replaceText(path, before, after);
  if (unwritten === null) return { ...one, after, findings: { ...linted, findings }, problem: null };
  const message = `${oneLine(name)} ${unwritten}: nothing in it is fixed.`;
  return { ...one, after: before, findings: first, problem: { kind: 'world', message, file: name } };
}

/** Why a text that was read cannot be given back as it came: for a byte that is no UTF-8, reading puts this sign. */
function lossOf(text: string): string | null {
  return text.includes('\ufffd') ? 'has bytes that are no UTF-8' : null;
}

/** Where the rules look for manifests: where it is built from, named or guessed; of standard input nobody knows. */
function contextOf(path: string | null, text: string, inputs: Inputs, guess: ContextGuess): string | null {
  if (inputs.context !== '.') return inputs.context;
  if (path === null) return null;
  const directories = directoriesUpToTop(dirname(path));
  return directories.length === 1 ? dirname(path) : guess.of(parseDockerfile(text, path).dockerfile, path, directories);
}

/**
 * Whether it is what Dockerfiles are made from: a template with its marks, or lines without a FROM for others to take in.
 * The builder takes neither, and nobody gives it to one.
 */
function isPiece(text: string, { stages, instructions }: Dockerfile, { findings }: LintReport): boolean {
  const wrong = findings.filter(({ rule }) => rule === 'syntax').length;
  const isFragment = stages.length === 0 && instructions.length > 0 && wrong === 1;
  return wrong > 0 && (isFragment || /\{\{|\{%|<%/.test(text));
}

/** A file, read; standard input has no path. */
interface Source {
  name: string;
  path: string | null;
  text: string | null;
  problem: string | null;
}

async function readSource(operand: string): Promise<Source> {
  if (operand === STANDARD_INPUT) return { name: INPUT_NAME, path: null, text: await readInput(), problem: null };
  return { name: operand, path: operand, ...(await readText(operand, LARGEST_DOCKERFILE)) };
}

function onceEach(files: readonly string[]): string[] {
  const byPlace = new Map(files.map((file) => [file === STANDARD_INPUT ? file : resolve(file), file]));
  return [...byPlace.values()];
}

/** The files that an operand stands for: itself, or the Dockerfiles below a directory. */
async function dockerfilesOf(operand: string): Promise<{ files: string[] } | { problem: Problem }> {
  if (operand === STANDARD_INPUT || (await directoryProblem(operand)) !== null) return { files: [operand] };
  const tree = openTree(operand);
  // git lists deleted files as well. A link is left out: its target is linted where it is.
  const below = ((await filesBelow(operand, PATTERNS)) ?? walk(operand))
    .filter((path) => isDockerfile(basename(path)) && !VENDORED.test(path) && tree.entry(path)?.kind === 'file')
    .sort();
  if (below.length > 0) return { files: below.map((path) => join(operand, path)) };
  const message = `${oneLine(operand)} has no Dockerfile in it (what git ignores does not count).`;
  return { problem: { kind: 'usage', message, file: operand } };
}

/**
 * For git: what may hold a Dockerfile's name, which isDockerfile judges then. Not with `:(icase)`: that finds nothing below
 * a directory with a letter beyond ASCII.
 */
const PATTERNS = ['*[Ff][Ii][Ll][Ee]*'];

/** What a package manager brought: nobody mends it here. */
const VENDORED = /(^|\/)(node_modules|vendor)\//;

/** Endings of files that lie beside a Dockerfile and are none, and of those that become one when they are filled in. */
const OTHER = /\.(dockerignore|containerignore|md|orig|rej|j2|jinja2?|tmpl|tpl|template|erb)$/i;

/**
 * Whether a file of that name is a Dockerfile: `Dockerfile`, `Dockerfile.dev`, `app.Dockerfile`, and the same of
 * Containerfile. In front of a dot the case counts: `dockerfile.ts` is a program's.
 */
export function isDockerfile(name: string): boolean {
  const named = /^([Dd]ocker|[Cc]ontainer)file$|^(Docker|Container)file\./.test(name);
  return (named || /\.(docker|container)file$/i.test(name)) && !OTHER.test(name);
}

/** All files below a directory that is no git work tree, but for what git keeps and what npm installs. */
function walk(directory: string): string[] {
  const tree = openTree(directory);
  const files: string[] = [];
  const ahead = [''];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    for (const name of tree.names(path)) {
      const below = path === '' ? name : `${path}/${name}`;
      const kind = tree.entry(below)?.kind;
      if (kind === 'directory' && name !== '.git' && name !== 'node_modules') ahead.push(below);
      else if (kind === 'file') files.push(below);
    }
  }
  return files;
}

/**
 * The URI of each file for SARIF: relative to the top of its repository, or else of the workflow's workspace or of the
 * directory we are in; absolute for a file outside.
 */
export async function urisOf(files: readonly string[]): Promise<Map<string, string>> {
  const [first = '.'] = files;
  const root = await realPath((await topLevel(dirname(first))) ?? workspace() ?? '.');
  const uris = files.map(async (file): Promise<[string, string]> => {
    if (file === INPUT_NAME) return [file, file];
    // Code scanning shows nothing at the place of a link.
    const real = await realPath(file);
    const inside = relative(root, real);
    const outside = inside === '..' || inside.startsWith(`..${sep}`) || resolve(inside) === inside;
    const uri = outside ? pathToFileURL(real).href : inside.split(sep).map(encodeURIComponent).join('/');
    return [printable(file), uri];
  });
  return new Map(await Promise.all(uris));
}
