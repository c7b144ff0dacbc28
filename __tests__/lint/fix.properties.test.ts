// What every fix keeps to, over all examples and over Dockerfiles put together at random: the fixed file parses, the
// finding is gone and no other has come, nothing that was written is lost, and nothing is left to fix.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { applyEdits } from '../../src/lint/edits.ts';
import type { Finding } from '../../src/lint/finding.ts';
import { isBetter, makeFixes } from '../../src/lint/fixing.ts';
import { lintText } from './support.ts';

const testdata = fileURLToPath(new URL('testdata', import.meta.url));
const EXAMPLES = readdirSync(testdata, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.Dockerfile'))
  .sort();

/** What stands in a file but for blanks and what joins lines, so that cutting and joining RUNs makes no difference. */
const words = (text: string): string[] => text.replace(/^\ufeff/, '').match(/[^\s\\&]+/g) ?? [];

/** What is in the first list more often than in the second. */
function missing(from: readonly string[], there: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const word of there) left.set(word, (left.get(word) ?? 0) + 1);
  return from.filter((word) => {
    const number = left.get(word) ?? 0;
    left.set(word, number - 1);
    return number <= 0;
  });
}

/** What may go: the old sign of a comment, a RUN that has become part of another, a destination of one file. */
const GOES: Record<string, string[]> = {
  'not-a-comment': ['//'],
  'package-index-cached-alone': ['RUN'],
  'lockfile-not-copied': ['package.json'],
};

/** What a fix leaves behind; '' if all is well. */
function wrongWith(text: string, { rule, fix }: Finding): string {
  const fixed = applyEdits(text, fix?.edits ?? []);
  const syntax = lintText(fixed).findings.filter((finding) => finding.rule === 'syntax');
  const lost = missing(words(text), words(fixed)).filter((word) => !GOES[rule]?.includes(word));
  const problems = [...syntax.map(({ message }) => message), ...(lost.length > 0 ? [`lost ${lost.join(' ')}`] : [])];
  return problems.length > 0 ? `${rule}: ${problems.join(', ')}\n${text}\n--->\n${fixed}` : '';
}

/** How many fixes there are, and how many of them --fix does not make, since they bring something else to light. */
function check(text: string): { fixes: number; refused: number } {
  const { findings } = lintText(text);
  const fixable = findings.filter(({ fix }) => fix !== null);
  const refused = fixable.filter((finding) => {
    expect(wrongWith(text, finding)).toBe('');
    const changed = applyEdits(text, finding.fix?.edits ?? []);
    return !isBetter({ text, findings }, { text: changed, ...lintText(changed) }, finding);
  });
  const once = makeFixes(text, lintText);
  const of = (list: readonly Finding[], rule: string) => list.filter((finding) => finding.rule === rule).length;
  const more = once.findings.filter(({ rule }) => of(once.findings, rule) > of(findings, rule));
  expect(more.map(({ rule }) => `${rule} has come in\n${once.text}`)).toEqual([]);
  expect(makeFixes(once.text, lintText).text).toBe(once.text);
  return { fixes: fixable.length, refused: refused.length };
}

test.each(EXAMPLES)('%s', (name) => {
  const text = readFileSync(join(testdata, name), 'utf8');
  expect(check(text).refused).toBe(0);
  // The same with the line ends of Windows, and behind a byte order mark.
  const windows = `\ufeff${text.replaceAll('\n', '\r\n')}`;
  const unix = makeFixes(text, lintText).text;
  expect(makeFixes(windows, lintText).text).toBe(`\ufeff${unix.replaceAll('\n', '\r\n')}`);
  // And without a line end at the end.
  const open = text.trimEnd();
  expect(makeFixes(open, lintText).text.trimEnd()).toBe(unix.trimEnd());
});

const CONTEXT = [
  '# context: package.json package-lock.json requirements.txt go.mod go.sum src/a.js',
  '# text package.json: {"name":"a"}',
  '# text requirements.txt: flask==3.0',
  '# text go.mod: module a',
];
const PARTS = [
  'WORKDIR /app',
  'WORKDIR /app',
  'WORKDIR /app/sub',
  'COPY . .',
  'COPY . /app',
  '# the source\nCOPY . .',
  'COPY --chown=1000:1000 . .',
  'COPY package.json ./',
  'COPY package*.json ./',
  'COPY requirements.txt /app/',
  'COPY settings.conf /etc/',
  'COPY --from=other /x /usr/local/bin/x',
  'RUN npm ci',
  'RUN npm ci && npm run build',
  'RUN npm install',
  '# dependencies\nRUN npm ci \\\n    # quietly\n    --ignore-scripts',
  'RUN pip install -r requirements.txt',
  'RUN go mod download && go build .',
  'RUN cd sub && pip install -r requirements.txt && make',
  'RUN apt-get update',
  'RUN apt-get update && apt-get install -y curl',
  'RUN apt-get install -y git',
  'RUN apt-get install -y git \\\n  make \\\n  && rm -rf /var/lib/apt/lists/*',
  'RUN <<EOF\napt-get update\napt-get install -y gcc\nEOF',
  'RUN make',
  'RUN mkdir -p /app/data && chown -R 1000 /app',
  'ARG GIT_SHA',
  'ARG TOOL_VERSION=1.2',
  'ARG BUILD_DATE\nARG GIT_SHA',
  'ENV GIT_SHA=$GIT_SHA',
  'ENV NODE_ENV=production',
  'RUN curl -fsSLo /tool https://example.com/tool-${TOOL_VERSION}',
  'RUN echo $GIT_SHA > /version',
  'LABEL revision=$GIT_SHA',
  'LABEL a=b',
  'USER node',
  'EXPOSE 80 # http',
  'ENV A b # letters',
  'CMD ["node", "."] // starts',
  'SHELL ["/bin/bash", "-c"]',
  'ENTRYPOINT ["/x"]',
  'VOLUME /data',
  '',
  '',
  '# cached-docker-build ignore=copy-before-install on purpose\nCOPY . .',
  'FROM base',
  'FROM debian:bookworm AS other',
];

/** Numbers below a limit, the same ones every time. */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

describe('Dockerfiles put together at random', () => {
  test.each(Array.from({ length: 10 }, (_, at) => at))('lot %i', (lot) => {
    const sum = { fixes: 0, refused: 0 };
    for (let number = 0; number < 100; number++) {
      const roll = dice(lot * 1000 + number);
      const parts = Array.from({ length: 4 + roll(10) }, () => PARTS[roll(PARTS.length)] ?? '');
      const job = roll(3) === 0 ? ['# job: classic'] : [];
      const text = [...CONTEXT, ...job, 'FROM debian:bookworm AS base', 'WORKDIR /app', ...parts].join('\n');
      const { fixes, refused } = check(roll(4) === 0 ? text : `${text}\n`);
      sum.fixes += fixes;
      sum.refused += refused;
    }
    // It would not say much if there were nothing to fix.
    expect(sum.fixes).toBeGreaterThan(20);
    expect(sum.refused).toBeLessThan(sum.fixes / 10);
  });
});
