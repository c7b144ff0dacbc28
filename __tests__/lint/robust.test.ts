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
  ['50,000 installs', `FROM a\nCOPY . .\n${'RUN npm ci\n'.repeat(50_000)}`],
  ['100,000 COPYs', `FROM a\n${'COPY . .\n'.repeat(100_000)}RUN npm ci`],
  ['25,000 COPYs and installs', `FROM a\n${'COPY . .\nRUN npm ci\n'.repeat(25_000)}`],
  ['50,000 builds and COPYs', `FROM a\n${'RUN cargo build\n'.repeat(50_000)}${'COPY . .\n'.repeat(50_000)}`],
  ['25,000 variables', `FROM a\n${lines(25_000, (at) => `ARG A${at}=$A${at - 1}`)}\nRUN b $A5`],
  ['25,000 variables that change', `FROM a\n${lines(25_000, () => 'ARG GIT_SHA')}\nRUN b`],
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
  // Below two on an idle machine. What is not linear takes a minute or more: ten tell the two apart.
  expect([linting, showing].filter((each) => each >= 10)).toEqual([]);
});
