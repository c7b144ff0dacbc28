// A remedy cures: the Dockerfile with its lines in place of the old ones is silent, and every instruction is still there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { Finding } from '../../src/lint/finding.ts';
import { lines, lintText } from './support.ts';

const RULES = ['copy-before-install', 'system-packages-after-copy', 'bind-whole-context'];
const folder = (rule: string) => fileURLToPath(new URL(`testdata/${rule}`, import.meta.url));
const dockerfiles = RULES.flatMap((rule) =>
  readdirSync(folder(rule)).flatMap((file) =>
    // Those of fixes are compared with what they become.
    file.endsWith('.Dockerfile') && !/^(no-)?fix-/.test(file) ? [[rule, file.slice(0, -11)] as const] : [],
  ),
);
const read = (rule: string, name: string) => readFileSync(join(folder(rule), `${name}.Dockerfile`), 'utf8');

/** The lines of the file that the range of an instruction covers, if its continuations are counted. */
function reach(file: string[], line: number): number[] {
  let first = line - 1;
  while (first > 0 && file[first - 1]?.endsWith('\\')) first--;
  let last = line - 1;
  while (file[last]?.endsWith('\\') || file[last]?.trim().startsWith('#')) last++;
  const start = file.findIndex((text, index) => index <= first && /<<EOF/.test(text) && file.indexOf('EOF') > first);
  return start < 0 ? range(first, last) : range(start, file.indexOf('EOF'));
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Puts the remedy's lines where the finding is, and takes away what they replace. */
function apply(text: string, { line, remedy, related }: Finding): string {
  const file = text.split('\n');
  const pasted = remedy.split('\n').flatMap((instruction) => {
    const [, first, last] = /^# lines (\d+)–(\d+), as they are/.exec(instruction) ?? [];
    if (first !== undefined) return file.slice(Number(first) - 1, Number(last));
    return /^[A-Z]{3,} /.test(instruction) ? [instruction] : [];
  });
  const replaced = new Set([...reach(file, line), ...related.flatMap((location) => reach(file, location.line))]);
  const rest = file.map((old, index) => (replaced.has(index) || pasted.includes(old) ? null : old));
  rest[line - 1] = pasted.join('\n');
  return rest.filter((kept) => kept !== null).join('\n');
}

const KEYWORDS = ['FROM', 'COPY', 'ADD', 'RUN', 'WORKDIR', 'ENV', 'USER', 'CMD', 'LABEL'];

// An inherited COPY has to go out of another stage; that is told in words.
test.each(dockerfiles.filter(([, name]) => !/^inherited(-and-used|-from-.*)?$/.test(name)))('%s: %s', (rule, name) => {
  let text = read(rule, name);
  const count = (keyword: string) => text.match(new RegExp(`^(ONBUILD )?${keyword}`, 'gm'))?.length ?? 0;
  const before = KEYWORDS.map(count);
  // Each finding is mended in its turn, since the lines move.
  for (let round = 0; round < 3; round++) {
    const [finding] = lintText(text, rule).findings;
    if (finding !== undefined) text = apply(text, finding);
  }
  expect(lines(lintText(text, rule).findings)).toBe('');
  const after = KEYWORDS.map(count);
  // Manifests are copied by lines of their own, and a RUN that was cut counts twice.
  const more = KEYWORDS.map((keyword, index) => ({ keyword, more: (after[index] ?? 0) - (before[index] ?? 0) }));
  const wrong = more.filter((count) => count.more < 0 || (count.more > 1 && !['COPY', 'RUN'].includes(count.keyword)));
  expect(wrong).toEqual([]);
});

const remedies = (name: string) => {
  const [rule = ''] = dockerfiles.find(([, file]) => file === name) ?? [];
  return lintText(read(rule, name), rule).findings.map(({ remedy }) => remedy.split('\n'));
};

test.each([
  [
    'npm-then-build',
    [
      'Copy the manifests first, install, and copy the rest below:',
      'COPY package.json package-lock.json ./',
      'ENV NODE_ENV=production',
      'RUN npm ci',
      'COPY . .',
      'RUN npm run build',
    ],
  ],
  [
    'relative-destination',
    [
      'Copy the manifests first, install, and copy the rest below:',
      'COPY package.json package-lock.json ./app/',
      'WORKDIR /srv/app',
      'RUN npm ci',
      'COPY . /srv/app/',
    ],
  ],
  [
    'apt-heredoc-behind-build',
    ['Install first, and let the COPY follow:', '# lines 5–9, as they are: RUN …', 'COPY . /app', 'RUN npm run build'],
  ],
  [
    'npm-hooks',
    [
      'Copy the manifests first, install, and copy the rest below:',
      'COPY package.json package-lock.json ./',
      'RUN npm ci',
      'COPY . .',
      'If the install reads `patches` or `prisma` as well, copy that along with the manifests.',
    ],
  ],
  [
    'npm-prefix-and-chown',
    [
      'Copy the manifests first, install, and copy the rest below:',
      'COPY --chown=node:node --link client/package.json client/package-lock.json ./client/',
      'USER node',
      'RUN npm --prefix=client ci --ignore-scripts',
      'COPY --chown=node:node --link ./ ./',
    ],
  ],
  [
    'two-installs-one-build',
    [
      'Copy the manifests first, install, and copy the rest below:',
      'COPY package.json package-lock.json ./',
      'RUN npm ci',
      'RUN apt-get update && apt-get install -y curl',
      'COPY . .',
      'RUN npm run build',
    ],
  ],
  [
    'inherited',
    [
      'Take this COPY out of the stage that others are built from, and put it below the install:',
      'COPY package.json package-lock.json ./',
      'ENV CI=1',
      'RUN npm ci',
      'COPY . .',
      'Do the same for line 12.',
    ],
  ],
  [
    'inherited-and-used',
    [
      'Install in stage `development`, above this COPY; or give what stands above it a stage of its own, and begin there:',
      'RUN apt-get update && apt-get install -y --no-install-recommends git',
      'COPY . .',
    ],
  ],
  [
    'inherited-trigger',
    [
      'Copy the manifests first, install, and copy the rest below:',
      'ONBUILD COPY package.json ./',
      'ONBUILD RUN npm install',
      'ONBUILD COPY . .',
    ],
  ],
  [
    'mount',
    [
      'Mount only the manifests:',
      'RUN --mount=type=bind,source=package.json,target=package.json --mount=type=bind,source=package-lock.json,target=package-lock.json --mount=type=cache,target=/root/.npm npm ci',
    ],
  ],
])('the words of %s', (name, expected) => {
  expect(remedies(name)).toEqual([expected]);
});

test('packages of the system are installed above what another stage has built as well', () => {
  const [finding] = lintText(read('system-packages-after-copy', 'built-files-between')).findings;
  expect(finding?.remedy.split('\n').slice(1)).toEqual([
    'RUN apk add --no-cache su-exec',
    'COPY public ./public/',
    'COPY --from=build /app/dist ./dist',
  ]);
});

test('COPYs that a parent stage brings go down together', () => {
  const text = `FROM node:24 AS base
WORKDIR /app
COPY package.json yarn.lock ./
COPY spec ./spec
COPY src ./src
FROM base AS test
RUN yarn install`;
  const { findings } = lintText(`# context: package.json yarn.lock spec/a src/b\n${text}`, 'copy-before-install');
  expect(findings.map(({ remedy }) => remedy.split('\n').slice(1))).toEqual([
    ['RUN yarn install', 'COPY spec ./spec', 'COPY src ./src'],
  ]);
});

test('one COPY takes owner and mode', () => {
  const { findings } = lintText(read('copy-then-chown', 'owner-and-mode'), 'copy-then-chown');
  expect(findings.map(({ remedy }) => remedy.split('\n').slice(0, 2))).toEqual([
    ['Let the COPY do it, and drop the chown and chmod:', 'COPY --chown=node:node --chmod=755 --from=build /a ./a'],
  ]);
});

test('what takes away copied files stays below the COPY', () => {
  const text = `FROM python:3
WORKDIR /app
COPY . .
RUN rm -r storage/uploads && ln -fs /var/uploads storage/uploads
RUN pip install -r requirements.txt`;
  const [finding] = lintText(`# context: requirements.txt a.py\n${text}`, 'copy-before-install').findings;
  expect(finding?.remedy.split('\n').slice(1)).toEqual([
    'COPY requirements.txt ./',
    'RUN pip install -r requirements.txt',
    'COPY . .',
    'RUN rm -r storage/uploads && ln -fs /var/uploads storage/uploads',
  ]);
});
