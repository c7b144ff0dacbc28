// Whatever the text is: the whole lint, with every rule, ends soon, in findings that stand somewhere in the file. And so
// does what shows them.
import { expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { lint } from '../../src/lint/lint.ts';
import { toSarif } from '../../src/report/sarif.ts';
import { findingsText } from '../../src/report/terminal.ts';
import { seconds } from '../support/seconds.ts';

const MEGABYTE = 2 ** 20;
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

/** Bytes as from a file that is no text: the same ones every time, wrong UTF-8 replaced as when it is read. */
function noise(bytes: number): string {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return Buffer.from(Uint8Array.from({ length: bytes }, next)).toString('utf8');
}

/** Has whatever a rule looks for, so that none is through early. */
const ANY_CONTEXT = {
  contextHas: () => true,
  contextNames: () => ['package.json', 'Cargo.toml'],
  contextTakes: () => true,
  ignoredByGit: (directories: readonly string[]) => directories,
  filesWith: () => [],
};

test.each([
  ['50,000 RUNs', `FROM a\n${'RUN b\n'.repeat(50_000)}`],
  ['100,000 installs', `FROM a\nCOPY . .\n${'RUN npm ci\n'.repeat(100_000)}`],
  [
    '50,000 manifests and installs',
    `FROM a\n${lines(50_000, (at) => `COPY a${at}/package.json a${at}/\nRUN cd a${at} && npm ci`)}`,
  ],
  [
    '25,000 triggers of 25,000 stages',
    `FROM a AS b\n${'ONBUILD RUN npm ci\n'.repeat(25_000)}${'FROM b\n'.repeat(25_000)}`,
  ],
  [
    'COPYs of many directories above installs',
    `FROM a\n${lines(100, (at) => `COPY ${'src '.repeat(200)}/x${at}/`)}\n${'RUN npm ci\n'.repeat(2000)}`,
  ],
  [
    'variables of 500 stages',
    `FROM a AS b\n${lines(500, (at) => `ENV A${at}=$A${at - 1}`)}\n${'FROM b\nCOPY $A5 /x\n'.repeat(250)}`,
  ],
  ['100,000 COPYs', `FROM a\n${'COPY . .\n'.repeat(100_000)}RUN npm ci`],
  ['25,000 COPYs and installs', `FROM a\n${'COPY . .\nRUN npm ci\n'.repeat(25_000)}`],
  ['50,000 builds and COPYs', `FROM a\n${'RUN cargo build\n'.repeat(50_000)}${'COPY . .\n'.repeat(50_000)}`],
  ['25,000 variables', `FROM a\n${lines(25_000, (at) => `ARG A${at}=$A${at - 1}`)}\nRUN b $A5`],
  ['100,000 variables that change', `FROM a\n${lines(100_000, () => 'ARG GIT_SHA')}\nRUN b`],
  ['100,000 lines that are none', 'x y\n'.repeat(100_000)],
  ['25,000 comments that ignore', `FROM a\n${'# cached-docker-build ignore=remote-add x\n'.repeat(25_000)}RUN b`],
  [
    '25,000 ignored instructions',
    `FROM a\n${'# cached-docker-build ignore=remote-add x\nRUN npm ci\n'.repeat(25_000)}`,
  ],
  ['25,000 continuation lines', `FROM a\nCOPY . .\nRUN npm ci ${'&& \\\n npm ci '.repeat(25_000)}`],
  ['10,000 stages in a line', lines(10_000, (at) => `FROM ${at ? `s${at - 1}` : 'a'} AS s${at}\nRUN b`)],
  ['4,000 stages that install', lines(4000, (at) => `FROM ${at ? `s${at - 1}` : 'a'} AS s${at}\nCOPY . .\nRUN npm ci`)],
  ['10,000 stages on one', `FROM a AS b\nONBUILD COPY . .\nONBUILD RUN npm ci\n${'FROM b\n'.repeat(10_000)}`],
  ['10,000 stages that copy from all', lines(10_000, (at) => `FROM a AS s${at}\nCOPY --from=s${at && at - 1} / /`)],
  [
    '10,000 stages of a cycle',
    lines(10_000, (at) => `FROM s${(at + 1) % 10_000} AS s${at}\nCOPY --from=s${(at + 7) % 10_000} / /\nRUN npm ci`),
  ],
  [
    'stages from themselves',
    'FROM a AS a\nCOPY --from=a . .\nFROM b AS b\nCOPY --from=1 . .\nFROM b AS b\nFROM a AS a',
  ],
  ['a line of 1 MB', `FROM a\nCOPY . .\nRUN npm ci ${'x'.repeat(MEGABYTE)}`],
  ['1 MB of cd', `FROM a\nCOPY . .\nRUN ${'cd a && '.repeat(MEGABYTE / 8)}npm ci`],
  ['a build of 1 MB', `FROM a\nCOPY . .\nRUN ./gradlew ${'jar'.repeat(MEGABYTE / 3)}`],
  ['1 MB of words to install', `FROM a\nCOPY . .\nRUN apt-get install ${'x '.repeat(MEGABYTE / 2)}`],
  ['1 MB of sources', `FROM a\nCOPY ${'x '.repeat(MEGABYTE / 2)} /y/\nRUN npm ci`],
  ['1 MB of variables', `FROM a\nENV ${lines(MEGABYTE / 8, (at) => `A${at}=$A`).replaceAll('\n', ' ')}\nRUN b`],
  ['1 MB of mounts', `FROM a\nRUN ${'--mount=target=/x '.repeat(MEGABYTE / 17)} npm ci`],
  ['1 MB of bytes', noise(MEGABYTE)],
  ['1 MB of bytes behind FROM', `FROM a\nRUN ${noise(MEGABYTE)}`],
  ['zeros', '\0'.repeat(MEGABYTE)],
])('%s end soon', (_, text) => {
  let linted = { findings: [], suppressed: 0, ignored: 0 } as ReturnType<typeof lint>;
  const linting = seconds(() => {
    linted = lint({ ...parseDockerfile(text, 'Dockerfile'), ...ANY_CONTEXT });
  });
  const { findings } = linted;
  const sources = new Map([['Dockerfile', text]]);
  const showing = seconds(() => {
    findingsText(linted, sources, { colour: true, width: 80 });
    toSarif(linted, sources, new Map());
  });
  const count = text.split('\n').length;
  const outside = findings.filter(
    ({ line, endLine, column, endColumn }) =>
      line < 1 || endLine < line || endLine > count || column < 1 || (endLine === line && endColumn < column),
  );
  expect(outside).toEqual([]);
  // Below two on an idle machine. What is not linear takes a minute or more: six tell the two apart.
  expect([linting, showing].filter((each) => each >= 6)).toEqual([]);
});

// A file of the context may be a stranger's as well.
const MANIFESTS: [string, string, string][] = [
  ['package.json', 'npm ci', `"${' '.repeat(MEGABYTE)}`],
  ['package.json', 'npm ci', '"workspaces":{'.repeat(MEGABYTE / 14)],
  ['package.json', 'npm ci', '"workspaces":['.repeat(MEGABYTE / 14)],
  ['package.json', 'npm ci', '"prepare":"\\"'.repeat(MEGABYTE / 13)],
  ['pnpm-workspace.yaml', 'pnpm install', `packages:\n${'\n'.repeat(MEGABYTE)}x`],
  ['requirements.txt', 'pip install -r requirements.txt', '\n'.repeat(MEGABYTE)],
  ['requirements.txt', 'pip install -r requirements.txt', '-r requirements.txt\n'.repeat(MEGABYTE / 20)],
  ['Gemfile', 'bundle install', '\n'.repeat(MEGABYTE)],
  ['pyproject.toml', 'uv sync', `${'path '.repeat(MEGABYTE / 5)}${' '.repeat(MEGABYTE)}`],
  ['build.gradle', 'gradle dependencies', `apply${' '.repeat(MEGABYTE)}`],
  ['pom.xml', 'mvn dependency:go-offline', '<relativePath>'.repeat(MEGABYTE / 14)],
  ['a.csproj', 'dotnet restore', 'Project("'.repeat(MEGABYTE / 9)],
  ['mix.exs', 'mix deps.get', 'path '.repeat(MEGABYTE / 5)],
  ['composer.json', 'composer install', '"type" : '.repeat(MEGABYTE / 9)],
];
test.each(MANIFESTS)('%s of 1 MB that hides something: %s', (name, install, text) => {
  const context = {
    contextHas: (path: string) => path === name || path === 'package.json',
    contextText: (path: string) => (path === name ? text : null),
    contextNames: () => [name],
  };
  const work = () => lint({ ...parseDockerfile(`FROM a\nCOPY . .\nRUN ${install}`, 'Dockerfile'), ...context });
  expect(seconds(work)).toBeLessThan(4);
});
