// What context-too-broad asks git: of a real repository, as the lint does.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readInputs } from '../../src/inputs.ts';
import { readDockerfile } from '../../src/pipeline.ts';
import { directory } from '../support/engine.ts';

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd, stdio: 'pipe' });

function repository(files: Record<string, string>): string {
  const root = directory(files);
  git(root, 'init', '--quiet');
  git(root, 'add', '--all');
  return root;
}

/** Messages and remedies of the rule for a Dockerfile in a context. */
function findings(context: string, text: string, name = 'Dockerfile'): string[] {
  const { inputs } = readInputs(() => null);
  return readDockerfile(text, join(context, name), context, inputs, null)
    .findings.findings.filter(({ rule }) => rule === 'context-too-broad')
    .map(({ message, remedy }) => `${message}\n${remedy}`);
}

const BUILD = 'FROM a:1\nCOPY . /src\nRUN make -C /src\n';
const INSTALL = 'FROM node:24\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n';

describe('lines that read the repository', () => {
  const READ: [string, string][] = [
    ['Makefile', 'VERSION := $(shell git describe --tags)'],
    ['a.mk', '\t@git -C sub log -1 >log'],
    ['CMakeLists.txt', 'find_package(Git REQUIRED)'],
    ['build.js', "const sha = execSync('git rev-parse HEAD');"],
    ['run.js', "spawnSync('git', ['status'])"],
    ['a.py', "subprocess.check_output(['git', 'describe'])"],
    ['build.rs', 'Command::new("git").args(&["rev-parse", "HEAD"])'],
    ['mix.exs', 'System.cmd("git", ["rev-parse", "HEAD"])'],
    ['a.gemspec', 'spec.files = `git ls-files -z`.split'],
    ['a.php', "file_get_contents('.git/HEAD')"],
    ['b.js', "readFileSync(join(root, '.git', 'HEAD'))"],
    ['pyproject.toml', 'requires = ["setuptools-scm>=8"]'],
    ['b.toml', 'source = "scm"'],
    ['pom.xml', '<artifactId>git-commit-id-maven-plugin</artifactId>'],
    ['build.gradle', 'id "com.palantir.git-version" version "3"'],
    ['a.csproj', '<PackageReference Include="MinVer" />'],
    ['b.cs', 'GetCustomAttribute<AssemblyInformationalVersionAttribute>()'],
    ['Cargo.toml', 'vergen = "9"'],
    ['main.go', 'info, ok := debug.ReadBuildInfo()'],
    ['package.json', '"simple-git": "^3"'],
    ['.vitepress/config.ts', 'lastUpdated: true,'],
    ['mkdocs.yml', '- git-revision-date-localized'],
  ];
  const LEFT: [string, string][] = [
    ['c.go', 'MinVersion: tls.VersionTLS12, // of github.com/google/go-github'],
    ['d.js', "const words = ['git', 'push']; // a git statuses page"],
    ['e.txt', 'https://example.com/a.git and digit described'],
    ['.github/workflows/a.yml', 'run: git describe'],
    ['docs/a.md', 'git rev-parse HEAD'],
    ['scripts/release.sh', 'git tag v1'],
    ['test/a.js', "execSync('git rev-parse HEAD')"],
    ['package-lock.json', '"simple-git": "^3"'],
  ];
  let root = '';
  let plain = '';
  beforeAll(() => {
    plain = repository({ 'a.c': '' });
    root = repository(Object.fromEntries([...READ, ...LEFT]));
    git(root, 'commit', '--quiet', '--message', 'a');
  });
  /** The rule with a context in which there is nothing else but that file. */
  const inContextOf = (file: string): string[] => {
    execFileSync('sh', ['-c', 'printf "*\\n!.git\\n!%s\\n" "$1" >.dockerignore', 'sh', file], { cwd: root });
    return findings(root, BUILD);
  };

  test.each(READ)('%s: %s', (file) => {
    expect(inContextOf(file)).toEqual([]);
  });
  test.each(LEFT)('not in %s: %s', (file) => {
    expect(inContextOf(file)).toHaveLength(1);
  });
  const heredoc = (line: string) => findings(plain, `FROM a:1\nCOPY . /\nRUN <<"E"\nmake\n${line}\nE\n`);
  test.each(READ)('in a heredoc as in %s: %s', (_, line) => {
    expect(heredoc(line)).toEqual([]);
  });
  test.each(LEFT.slice(0, 3))('nor in a heredoc as in %s: %s', (_, line) => {
    expect(heredoc(line)).toHaveLength(1);
  });
});

describe('the ignore file', () => {
  const lines = (files: Record<string, string>, name?: string) =>
    findings(repository({ 'a.c': '', ...files }), BUILD, name).map((text) => text.split('\n').slice(1));

  test('is created, or added to, whichever counts', () => {
    expect(lines({})).toEqual([['Create `.dockerignore` at the top of the build context:', '.git']]);
    expect(lines({ '.dockerignore': 'x', Dockerfile: '' })).toEqual([
      ['Add to `.dockerignore`:', '.git', 'Dockerfile'],
    ]);
    const own = { '.dockerignore': '.git', 'b.Dockerfile.dockerignore': 'x', 'b.Dockerfile': '' };
    expect(lines(own, 'b.Dockerfile')).toEqual([['Add to `b.Dockerfile.dockerignore`:', '.git', 'b.Dockerfile']]);
  });

  test.each(['.git', '**/.git', '*', '.git/*', '.git/index', '*\n!*.c'])('%j leaves .git out', (text) => {
    expect(lines({ '.dockerignore': text })).toEqual([]);
  });
});

describe('what git ignores', () => {
  const npm = { 'package.json': '{}', 'package-lock.json': '{}', '.dockerignore': '.git' };
  const found = (files: Record<string, string>) => findings(repository({ ...npm, ...files }), INSTALL).length;

  test.each(['node_modules', '/node_modules/', '**/node_modules/', 'node_modules/*'])('as %s, there or not', (line) => {
    expect(found({ '.gitignore': line })).toBe(1);
    expect(found({ '.gitignore': line, 'node_modules/a.js': '' })).toBe(1);
  });

  test('what it tracks, does not ignore, or nobody knows is source', () => {
    const tracked = repository({ ...npm, 'node_modules/a.js': '' });
    execFileSync('sh', ['-c', 'echo node_modules >.gitignore'], { cwd: tracked });
    expect(findings(tracked, INSTALL)).toEqual([]);
    expect(found({ 'node_modules/a.js': '' })).toBe(0);
    expect(findings(directory({ ...npm, '.gitignore': 'node_modules' }), INSTALL)).toEqual([]);
  });

  test.each(['node_modules', '**/node_modules', 'node_modules/**', '*\n!package*.json'])('%j leaves it out', (line) => {
    expect(found({ '.gitignore': 'node_modules', '.dockerignore': `.git\n${line}` })).toBe(0);
  });

  test('a pattern that leaves out something else does not', () => {
    expect(found({ '.gitignore': 'node_modules', '.dockerignore': '.git\nnode_modules/*.md\nsub/node_modules' })).toBe(
      1,
    );
    expect(found({ '.gitignore': 'node_modules', '.dockerignore': '.git\nnode_modules\n!node_modules/x' })).toBe(1);
  });
});
