// 10,000 Dockerfiles that nobody wrote: golden ones and pages' examples in pieces, and lines out of a grammar. SEED=n and
// CASES=n run others; a failure names the seed of its file and shows it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import type { Finding } from '../../src/lint/finding.ts';
import { type Linted, type LintInput, lint } from '../../src/lint/lint.ts';
import { mapText, printable } from '../../src/report/clean.ts';
import { Random } from '../context/support.ts';
import { contextOf } from './support.ts';

const FILES = Number(process.env.CASES ?? 10_000);
const SEED = Number(process.env.SEED ?? 1);

const testdata = fileURLToPath(new URL('testdata', import.meta.url));
const golden = readdirSync(testdata, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.Dockerfile'))
  .sort()
  .map((name) => readFileSync(join(testdata, name), 'utf8').split('\n'));
const lines = golden.flat();

const WORDS =
  'a b . ./ / /app $A ${B:-c} "q r" \' \\ && || ; | ( ) { } # // * ? [ ] << <<EOF EOF = , --from=a --from=0 --chown=a:b --link --mount=type=bind,target=/x --mount=type=cache,target=/c npm ci install yarn pnpm add pip -r requirements.txt poetry uv sync bundle composer go mod download mvn dotnet restore mix deps.get cargo apt-get update -y curl apk add --no-cache chown -R cd https://github.com/a/b/raw/main/c git clone package.json package*.json src/ GIT_SHA CACHEBUST é 😀 \u0000 \u0007 \u001b[31m \u2028 \ud800 \u202e \ufeff ::error::x %0A'.split(
    ' ',
  );
const KEYWORDS =
  'FROM|RUN|COPY|ADD|ENV|ARG|LABEL|WORKDIR|USER|SHELL|CMD|ENTRYPOINT|HEALTHCHECK|ONBUILD RUN|ONBUILD COPY|VOLUME|EXPOSE|STOPSIGNAL|# cached-docker-build ignore=copy-before-install|# syntax=|# escape=|'.split(
    '|',
  );

function grammarLine(random: Random): string {
  const words = Array.from({ length: random.below(8) }, () => random.pick(WORDS));
  return [random.pick(KEYWORDS), ...words].join(random.below(20) === 0 ? '\t' : ' ');
}

function dockerfile(random: Random): string {
  const text = random.below(4) === 0 ? [] : [...random.pick(golden)];
  for (let edits = random.below(12); edits > 0; edits--) {
    const at = random.below(text.length + 1);
    const line = text[at] ?? '';
    switch (random.below(8)) {
      case 0:
        text.splice(at, random.below(4));
        break;
      case 1:
        text.splice(at, 0, ...text.slice(random.below(text.length + 1)).slice(0, 5));
        break;
      case 2:
        text.splice(at, 1, line.slice(0, random.below(line.length + 1)));
        break;
      case 3:
        text.splice(at, 1, line.replace(/\S+/, random.pick(WORDS)));
        break;
      case 4:
        text.splice(at, 1, `${line} \\`);
        break;
      case 5:
        text.splice(at, 1, `${line} ${random.pick(WORDS)}`);
        break;
      case 6:
        text.splice(at, 0, random.pick(lines));
        break;
      default:
        text.splice(at, 0, grammarLine(random));
    }
  }
  return text.join(random.below(20) === 0 ? '\r\n' : '\n');
}

const FILE_NAMES =
  'package.json package-lock.json yarn.lock pnpm-lock.yaml requirements.txt pyproject.toml poetry.lock uv.lock Gemfile go.mod pom.xml a.csproj src/a.ts vendor/b'.split(
    ' ',
  );
const TEXTS = [
  null,
  '',
  '{',
  '{"workspaces":["*", "a/*"], "scripts":{"prepare":"x"}}',
  '-r requirements.txt\n-e .',
  '\0',
];

/** What is known besides the Dockerfile: the same for the same seed. */
function around(seed: number): Omit<LintInput, 'dockerfile' | 'problems'> {
  const random = new Random(seed);
  const known = random.below(4) > 0 ? FILE_NAMES.filter(() => random.below(3) > 0) : null;
  const text = random.pick(TEXTS);
  const builder = random.pick([null, 'buildkit', 'classic'] as const);
  const commits = Array.from({ length: random.pick([0, 10, 40]) }, () => FILE_NAMES.slice(random.below(12)));
  return {
    contextHas: contextOf(known),
    contextText: (path) => (known?.includes(path) ? text : null),
    contextNames: () => known ?? [],
    recentChanges: () => commits,
    job: { builder, buildArgs: { A: '1', GIT_SHA: 'f'.repeat(40) }, buildContexts: ['a'] },
  };
}

function lintOf(text: string, seed: number): Linted {
  const others = around(seed);
  return lint({ ...parseDockerfile(text, 'Dockerfile', others.job?.buildArgs), ...others });
}

/** What is wrong with where a finding stands: on lines of the file, from a character to one behind it. */
function misplaced({ line, endLine, column, endColumn }: Omit<Finding, 'message'>, text: readonly string[]): boolean {
  const inLine = (number: number, at: number) => at >= 1 && at <= (text[number - 1] ?? '').length + 1;
  const ordered = line < endLine || (line === endLine && column <= endColumn);
  return !(ordered && line >= 1 && endLine <= text.length && inLine(line, column) && inLine(endLine, endColumn));
}

function wrong({ findings }: Linted, text: string): unknown[] {
  const file = text.split('\n');
  return findings.filter(
    (finding) =>
      misplaced(finding, file) ||
      finding.related.some((place) => misplaced({ ...finding, ...place }, file) || place.file !== finding.file) ||
      finding.message === '' ||
      // As they are shown; remedies and SARIF have lines.
      /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u.test(
        Object.values(mapText({ ...finding, related: [] }, printable)).join(' '),
      ) ||
      finding.file !== 'Dockerfile',
  );
}

test(`${FILES} Dockerfiles from seed ${SEED}`, () => {
  const failures: unknown[] = [];
  let total = 0;
  for (let seed = SEED; seed < SEED + FILES && failures.length < 3; seed++) {
    const text = dockerfile(new Random(seed));
    const start = process.cpuUsage();
    try {
      const linted = lintOf(text, seed);
      total += linted.findings.length;
      const { user } = process.cpuUsage(start);
      const bad = wrong(linted, text);
      if (bad.length > 0) failures.push({ seed, text, bad });
      // A millisecond each: half a second is a hang in the making.
      if (user > 500_000) failures.push({ seed, text, microseconds: user });
      if (seed % 10 === 0 && JSON.stringify(lintOf(text, seed)) !== JSON.stringify(linted)) {
        failures.push({ seed, text, bad: 'other findings the second time' });
      }
    } catch (error) {
      failures.push({ seed, text, error: String((error as Error).stack) });
    }
  }
  expect(failures).toEqual([]);
  // They are near enough to Dockerfiles to have the rules at work.
  expect(total).toBeGreaterThan(FILES);
});
