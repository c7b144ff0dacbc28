// .dockerignore: what `COPY .` takes, held against a real engine.

import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readContext } from '../../src/context/context.ts';
import { directory } from '../support/engine.ts';
import {
  build,
  buildCases,
  CASES,
  contextIn,
  copiedEntries,
  entriesIn,
  expectSame,
  type Files,
  line,
  make,
  outputOf,
  Random,
  SEED,
} from './support.ts';

/** Builds all the contexts in one go and compares each with the model. */
async function compare(cases: readonly { name: string; root: string }[]): Promise<void> {
  const output = outputOf(await buildCases(cases.map(({ root }) => ({ root, copy: '.' }))));
  for (const [at, { name, root }] of cases.entries()) {
    expectSame(name, copiedEntries(root, '.').map(line), entriesIn(join(output, `${at}`)).map(line));
  }
}

const NAMES = ['a', 'b', 'foo', 'foo.md', 'x.md', '.git', 'a.b', 'Dockerfile', 'node_modules', 'é', 'x y'];
// Among them what means something in an ignore file or a regular expression.
const ODD = '[z]|a\nb|!bang|#hash|^c|a\\b| lead|a*|$d|a+b|(e)|{f}|\u0085|a1|Z'.split('|');
const CHANGES = '*|**|?|**/|/**|/*|*/|[a-z]|[^a]|[!a]|[a*]|[[:alpha:]]|***|\\|\\d|\\w|^|./|../|//|.*| |'.split('|');
const STARTS = ['*', '**', '*/*', '# comment', '', '*/foo', '**/a'];

function randomTree(random: Random): Files {
  const files: Files = {};
  const fill = (above: string, depth: number): void => {
    const names = Array.from({ length: random.below(7) }, () => random.pick(random.chance(0.8) ? NAMES : ODD));
    for (const name of new Set(names)) {
      const path = `${above}${name}`;
      if (depth < 4 && random.chance(0.5)) {
        files[`${path}/`] = '';
        fill(`${path}/`, depth + 1);
      } else files[path] = random.chance(0.1) ? `-> ${random.pick(NAMES)}` : path;
    }
  };
  fill('', 0);
  return files;
}

function randomPattern(random: Random, paths: readonly string[]): string {
  const parts = random.pick(random.chance(0.8) && paths.length > 0 ? paths : [...NAMES, ...ODD]).split('/');
  let pattern = parts.slice(0, 1 + random.below(parts.length)).join('/');
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = random.below(pattern.length + 1);
    pattern = pattern.slice(0, at) + random.pick(CHANGES) + pattern.slice(at + random.below(4));
  }
  if (random.chance(0.2)) pattern = `**/${pattern}`;
  if (random.chance(0.1)) pattern = `/${pattern}`;
  if (random.chance(0.1)) pattern = `${pattern}/`;
  if (random.chance(0.35)) pattern = `!${random.chance(0.1) ? ' ' : ''}${pattern}`;
  return random.chance(0.1) ? ` ${pattern}\t` : pattern;
}

function randomCase(seed: number): { name: string; root: string } {
  const random = new Random(seed);
  for (;;) {
    const files = randomTree(random);
    const lines = Array.from({ length: 1 + random.below(6) }, () => randomPattern(random, Object.keys(files)));
    if (random.chance(0.3)) lines.unshift(random.pick(STARTS));
    const ignore = (random.chance(0.1) ? '\uFEFF' : '') + lines.join(random.chance(0.1) ? '\r\n' : '\n');
    const root = make({ ...files, '.dockerignore': ignore });
    // A pattern that is none would fail all the others.
    if (!('problem' in readContext(root, ''))) return { name: `seed ${seed}: ${JSON.stringify(ignore)}`, root };
  }
}

test(`random ignore files, SEED=${SEED}`, async () => {
  const seeds = Array.from({ length: CASES }, (_, at) => SEED * 10_000 + at);
  for (let first = 0; first < CASES; first += 50) await compare(seeds.slice(first, first + 50).map(randomCase));
}, 3_600_000);

// A pattern alone: paths that it matches, and paths that it does not.
const PATTERNS: [string, string[], string[]][] = [
  ['a', ['a', 'a/b'], ['b', 'A', 'aa', 'b/a']],
  ['*.md', ['a.md', '.md'], ['a/b.md', 'a.mdx']],
  ['**.md', ['a.md', 'a/b.md'], ['md']],
  ['**/a', ['a', 'b/a', 'b/c/a'], ['ba']],
  ['**a', ['ba', 'c/ba'], ['ab']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'ab']],
  ['a**', ['a', 'ab', 'ab/c'], ['b']],
  ['**/*', ['a', 'a/b'], []],
  ['a/**/b', ['a/b', 'a/c/b', 'a/c/d/b'], ['a/cb', 'ab']],
  ['a?c', ['abc', 'aéc', 'a💡c'], ['ac', 'a/c', 'abbc']],
  ['[Bb]in', ['bin', 'Bin'], ['din']],
  ['[^a]b', ['cb', '!b'], ['ab']],
  ['[!a]b', ['!b', 'ab'], ['cb']],
  ['[a-c]', ['b'], ['d', '-']],
  ['[[:alpha:]]', ['a', 'Z'], ['1']],
  ['[[:^digit:]-]', ['a', '-'], ['1']],
  ['[a*]b', ['a]b', '[]b', ']b'], ['ab', '*b']],
  ['a.b*', ['a.bc'], ['axb']],
  ['a+(b)*', ['a+(b)c'], ['aab']],
  ['\\*', ['*'], ['a']],
  ['bin\\Debug', ['binDebug', 'binxebug'], ['bin/Debug', 'bin\\Debug', 'bin1ebug']],
  ['a\\wc', ['abc', 'a_c'], ['a-c', 'aéc']],
  ['a\\bc', [], ['abc', 'a c']],
  ['a\\b*-', ['a-'], ['ab-']],
  ['a\\x41', ['aA'], ['ax41']],
  ['a\\101', ['aA'], ['a101']],
  ['\\Q.*\\E', ['\\.[^/]*'], ['ab']],
  ['\\pL', ['é'], ['1']],
  ['a^b*', [], ['a^bc']],
  ['^a*', ['ab'], ['^ab']],
  ['a]', ['a]'], ['a']],
  ['../a', [], ['a']],
  ['a\u0085', ['a'], ['a\u0085']],
  ['/ a', ['a'], [' a']],
  ['/!a', [], ['a', '!a']],
  ['**/[b]', ['b', 'a/b'], ['a\nc/b']],
  ['**b', ['a\nc/b'], []],
];

test('patterns one by one', async () => {
  const cases = PATTERNS.flatMap(([pattern, matching, others]) =>
    [...matching, ...others].map((path) => {
      const root = make({ [path]: '', '.dockerignore': pattern });
      expect({ pattern, path, has: contextIn(root).has(path) }).toEqual({ pattern, path, has: others.includes(path) });
      return { name: `${pattern} and ${path}`, root };
    }),
  );
  for (let first = 0; first < cases.length; first += 50) await compare(cases.slice(first, first + 50));
});

// As projects have them, over a tree with all that they speak of.
const PROJECT = [
  ...['.git/config', '.git/refs/', '.gitignore', '.github/workflows/ci.yml', '.env', '.env.local', '.env.example'],
  ...['.dockerignore.bak', '.DS_Store', 'Dockerfile', 'Dockerfile.dev', 'docker-compose.yml', 'compose.override.yml'],
  ...['LICENSE', 'README.md', 'docs/README.md', 'docs/img/a.png', 'package.json', 'package-lock.json', 'src/index.ts'],
  ...['src/index.test.ts', 'src/.DS_Store', 'src/README-secret.md', 'packages/a/package.json', 'packages/a/src/x.ts'],
  ...['packages/a/node_modules/b/index.js', 'node_modules/b/index.js', 'node_modules/.cache/x', 'dist/index.js'],
  ...['packages/a/dist/index.js', 'coverage/lcov.info', 'npm-debug.log', 'logs/app.log', 'src/app/logs/x.log'],
  ...['venv/bin/python', 'app/__pycache__/x.pyc', 'app/x.pyc', 'app/main.py', 'requirements/base.txt', 'go.mod'],
  ...['cmd/server/main.go', 'cmd/server/main_test.go', 'vendor/x/y.go', 'bin/Debug/a.dll', 'Web/bin/Debug/a.dll'],
  ...['Web/obj/a.cs', 'Web/App.csproj', 'App.sln', 'target/release/app', 'Cargo.toml', 'tmp/pids/', 'tmp/cache/x'],
  ...['storage/.keep', 'storage/x', 'public/assets/a.css', 'config/master.key', 'terraform/.terraform/x', 'a.tfstate'],
];
const REAL = {
  node: 'node_modules\nnpm-debug.log\nDockerfile*\n.dockerignore\n.git\n.gitignore\nREADME.md\n',
  monorepo: '**/node_modules\n**/dist\n**/.DS_Store\n!packages/a/dist\n**/*.test.ts\n',
  allowed: '# All but what is named.\n*\n!package*.json\n!src\nsrc/**/*.test.ts\n!packages/*/package.json\n',
  dotnet: '**/.git\n**/bin\n**/obj\n**/[Dd]ebug/\n**/*.*proj.user\nLICENSE\nREADME.md\n!**/.gitignore\n',
  windows: 'bin\\Debug\n.\\dist\nWeb\\*\n',
  python: '__pycache__\n*.pyc\n*.pyo\n**/*.pyc\n.env*\n!.env.example\nvenv/\n',
  markdown: '*.md\n!README*.md\nREADME-secret.md\n**/*.md\n!docs/**\n',
  rails: '/.git/\n/.env*\n!/.env*.example\n/tmp/*\n!/tmp/pids/\n/storage/*\n!/storage/.keep\n/config/master.key\n',
  go: '/bin\n/vendor/\n**/*_test.go\n.*\n!.github\n',
  dots: './node_modules/\n/dist/../coverage\n.git/**\n\t*.log\n** /x\n',
  everything: '**\n!cmd/**/*.go\n!go.*\n',
  trailing: 'docs/\nlogs//\npackages/*/node_modules/**  \n\r\ntarget\r\n',
};

test('ignore files as projects have them', () =>
  compare(
    Object.entries(REAL).map(([name, ignore]) => {
      const files = Object.fromEntries(PROJECT.map((path) => [path, path]));
      return { name, root: make({ ...files, '.dockerignore': ignore }) };
    }),
  ));

// Of several ignore files, which one counts. Each is a build of its own.
test.each<[string, Files]>([
  ['the one of the Dockerfile wins', { 'Dockerfile.dockerignore': 'a', '.dockerignore': 'b' }],
  ['even if it is empty', { 'Dockerfile.dockerignore': '', '.dockerignore': 'b' }],
  ['but not if it is a directory', { 'Dockerfile.dockerignore/a': '', '.dockerignore': 'b' }],
  ['a link is followed', { '.dockerignore': '-> c/ignore', 'c/ignore': 'a' }],
  ['but not out of the context', { '.dockerignore': '-> ../ignore', ignore: 'a' }],
  ['and not in circles', { '.dockerignore': '-> .dockerignore' }],
  ['the files that steer the build can be ignored', { '.dockerignore': '.dockerignore\nDockerfile' }],
])('%s', async (_, ignores) => {
  const root = make({ a: '', b: '', 'c/a': '', ...ignores, Dockerfile: 'FROM scratch\nCOPY . /\n' });
  expectSame('', copiedEntries(root, '.').map(line), entriesIn(outputOf(await build([root]))).map(line));
});

test('a Dockerfile elsewhere has its ignore file beside it', async () => {
  const root = make({ a: '', b: '', '.dockerignore': 'a' });
  const dockerfile = join(directory({ 'x.dockerignore': 'b', x: 'FROM scratch\nCOPY . /\n' }), 'x');
  const context = readContext(root, dockerfile);
  const built = entriesIn(outputOf(await build(['-f', dockerfile, root]))).map(({ path }) => path);
  expect(built.sort()).toEqual(['.dockerignore', 'a']);
  expect(['a', 'b'].map((path) => 'has' in context && context.has(path))).toEqual([true, false]);
});

test.each(['!', '/!', 'a[', 'a\\ ', '[]', '[z-a]', 'obj\\Release', 'src\\packages', '[[:foo:]]', 'x'.repeat(65536)])(
  'a pattern that is none fails the build: %#',
  async (pattern) => {
    const root = make({ a: '', Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': `${pattern}\n` });
    expect(readContext(root, join(root, 'Dockerfile'))).toEqual({
      problem: expect.stringContaining('.dockerignore: '),
    });
    expect(await build([root])).toEqual({ error: expect.stringMatching(/pattern|too long/) });
  },
);
