// Whatever the text is: an answer, soon.
import { expect, test } from '@jest/globals';
import { shellCommands } from '../../src/dockerfile/commands.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { neededStages, numberedSteps } from '../../src/dockerfile/stages.ts';
import { scopeAt } from '../../src/dockerfile/variables.ts';
import { lint } from '../../src/lint/lint.ts';
import { cpuSeconds } from '../support/cpu.ts';

/** Seconds that everything takes that is asked of a file of this size, but for the rules. */
function seconds(text: string): number {
  const start = cpuSeconds();
  const { dockerfile } = parseDockerfile(text, 'Dockerfile');
  const elapsed = cpuSeconds() - start;
  neededStages(dockerfile, null);
  for (const stage of dockerfile.stages) numberedSteps(stage);
  return elapsed;
}

const MEGABYTE = 2 ** 20;
test.each([
  ['100,000 lines', `FROM a\n${'RUN b\n'.repeat(100_000)}`],
  ['100,000 continuation lines', `FROM a\nRUN b \\\n${' && c \\\n'.repeat(100_000)}`],
  ['100,000 comments', `${'# a\n'.repeat(100_000)}FROM a`],
  ['100,000 lines of a backslash', `${'\\\n'.repeat(100_000)}FROM a`],
  [
    '10,000 stages',
    Array.from({ length: 10_000 }, (_, i) => `FROM ${i ? `s${i - 1}` : 'a'} AS s${i}\nRUN b\n`).join(''),
  ],
  ['a line of 1 MB', `FROM a\nRUN ${'x'.repeat(MEGABYTE)}`],
  ['1 MB of words', `FROM a\nRUN ${'x '.repeat(MEGABYTE / 2)}`],
  ['1 MB of blanks', `FROM a\nRUN ${' '.repeat(MEGABYTE)}x`],
  ['1 MB of blanks in a directive', `# syntax=${' '.repeat(MEGABYTE)}`],
  ['1 MB of quotes', `FROM a\nENV ${'"'.repeat(MEGABYTE)}`],
  ['1 MB of brackets', `FROM a\nRUN ${'['.repeat(MEGABYTE)}`],
  ['1 MB of JSON', `FROM a\nRUN [${'"a\\n",'.repeat(MEGABYTE / 6)}"b"]`],
  ['1 MB of flags', `FROM a\nRUN ${'--mount=type=cache,target=/x '.repeat(MEGABYTE / 28)}`],
  ['1 MB of ONBUILD', `FROM a\n${'ONBUILD '.repeat(MEGABYTE / 8)}`],
  ['1 MB of heredocs', `FROM a\nRUN ${'<<E '.repeat(MEGABYTE / 8)}\n${'E\n'.repeat(MEGABYTE / 8)}`],
  ['blanks behind <<', `FROM a\nRUN <<${' '.repeat(MEGABYTE)}b<`],
  ['1 MB of ${', `FROM ${'${a:-'.repeat(MEGABYTE / 5)}`],
  ['a keyword of 1 MB', 'x'.repeat(MEGABYTE)],
  ['a duration of 1 MB', `FROM a\nHEALTHCHECK --interval=${'1h'.repeat(MEGABYTE / 2)} CMD b`],
  ['ARGs that double', `ARG a=xxxxxxxxxx\n${'ARG a=$a$a\n'.repeat(60)}FROM $a`],
])('%s: below 2 s', (_, text) => {
  expect(seconds(text)).toBeLessThan(2);
});

test.each([
  ['100,000 commands', 'npm ci && '.repeat(100_000)],
  ['nested parentheses', '('.repeat(100_000)],
  ['nested substitutions', 'a $(b '.repeat(50_000)],
  ['nested scripts', 'bash -c "'.repeat(10_000)],
  ['nested conditions', 'if a; then '.repeat(50_000)],
  ['heredocs on one line', '<<E '.repeat(50_000)],
  ['chains of cd', 'cd a || '.repeat(50_000)],
])('shell text, %s: below 5 s', (_, text) => {
  const { dockerfile } = parseDockerfile(`FROM a\nRUN ${text}b`, 'Dockerfile');
  const start = cpuSeconds();
  for (const instruction of dockerfile.instructions) shellCommands(instruction);
  expect(cpuSeconds() - start).toBeLessThan(5);
});

test('the rules, on 8,000 lines with installs: below 5 s', () => {
  const text = `FROM a\n${'COPY . .\nRUN npm ci\nRUN apt-get install b\nRUN pip install c\n'.repeat(2000)}`;
  const start = cpuSeconds();
  lint({ ...parseDockerfile(text, 'Dockerfile'), contextHas: () => true });
  expect(cpuSeconds() - start).toBeLessThan(5);
});

test('the rules, on 4,000 lines with something for each of them: below 2 s', () => {
  const stage = `ARG GIT_SHA
ARG TOOL_VERSION CACHEBUST
ENV A=$GIT_SHA
COPY package.json ./
COPY . .
COPY --from=busybox / /
RUN apt-get update
RUN apt-get install -y curl # then \\
  git
RUN npm ci && npm run build
RUN chown -R a /app
RUN --mount=target=/src cp /src/a /b
ADD https://example.com/a /b
RUN git clone https://example.com/a.git
RUN pip install -r requirements.txt`;
  const chained = (index: number) => `FROM ${index === 0 ? 'node' : `s${index - 1}`} AS s${index}\n${stage}\n`;
  for (const text of [
    Array.from({ length: 250 }, (_, index) => chained(index)).join(''),
    `FROM a\n${`${stage}\n`.repeat(265)}`,
  ]) {
    const start = cpuSeconds();
    lint({ ...parseDockerfile(text, 'Dockerfile'), contextHas: () => true });
    expect(cpuSeconds() - start).toBeLessThan(2);
  }
});

/** A generator of numbers below `limit`: the same ones every time. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const TOKENS =
  'FROM|RUN|COPY|ENV|ARG|ONBUILD|HEALTHCHECK|a AS b|npm ci|pip install -r x|apt-get install b|. .|--from=b|--mount=|<<EOF|EOF|<<-"E|\\|`|"|\'|$|${a|${a:-|}|[|"a",|]|&&|||;|(|)|#|//|=|\n|\n|\n|\r\n|\t|\u0000|\u00a0|\u0085|\ud800|\ufeff|é| | | '.split(
    '|',
  );

test.each(Array.from({ length: 40 }, (_, seed) => seed))('random text %i never throws', (seed) => {
  const below = numbers(seed + 1);
  for (let round = 0; round < 100; round++) {
    const token = () =>
      below(3) === 0 ? String.fromCharCode(below(256)) : `${TOKENS[below(TOKENS.length)]}${below(2) ? ' ' : ''}`;
    const text = (round % 2 ? 'FROM a AS b\n' : '') + Array.from({ length: below(60) }, token).join('');
    const { dockerfile, problems } = parseDockerfile(text, 'Dockerfile');
    for (const stage of dockerfile.stages) {
      numberedSteps(stage);
      for (const instruction of stage.instructions) scopeAt(dockerfile, stage, instruction);
    }
    const { findings } = lint({
      dockerfile,
      problems,
      contextHas: (path) => [true, false, null][path.length % 3] ?? null,
    });
    const lines = text.split('\n').length;
    for (const { line, endLine, column } of findings) {
      expect(line).toBeGreaterThan(0);
      expect(endLine).toBeGreaterThanOrEqual(line);
      expect(endLine).toBeLessThanOrEqual(lines);
      expect(column).toBeGreaterThan(0);
    }
  }
});
