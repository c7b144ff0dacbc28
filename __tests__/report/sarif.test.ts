// SARIF as code scanning takes it: against the official schema, GitHub's limits and the fingerprints of its own action.

import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import Ajv from 'ajv';
import type { Finding } from '../../src/lint/finding.ts';
import { fingerprints } from '../../src/report/fingerprint.ts';
import { toSarif } from '../../src/report/sarif.ts';
import { lintText } from '../lint/support.ts';

const require = createRequire(import.meta.url);
// The package has nothing that this version of jest can use but the schema of the standard.
const schema = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const ajv = new Ajv({ schemaId: 'id', meta: false, allErrors: true });
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
const valid = ajv.compile(schema);

const TEXT = `# context: package.json package-lock.json src/a.js
FROM node
WORKDIR /app
COPY . .
RUN npm ci
RNU echo
`;
const { findings, suppressed } = lintText(TEXT);

const sarif = (
  list: Finding[] = findings,
  text = TEXT,
  uris: [string, string][] = [['Dockerfile', 'a%20b/Dockerfile']],
) => {
  const lint = { findings: list, suppressed, ignored: 2 };
  const log = JSON.parse(toSarif(lint, new Map([['Dockerfile', text]]), new Map(uris)));
  valid(log);
  expect(valid.errors ?? []).toEqual([]);
  return log.runs[0];
};

const finding = (change: Partial<Finding>): Finding => {
  const [first] = findings;
  if (!first) throw new Error('no finding');
  return { ...first, ...change };
};

test('results have all that is known, worst first', () => {
  const { results, tool, columnKind } = sarif();
  expect(columnKind).toBe('utf16CodeUnits');
  const ranks = results.map(({ level }: { level: string }) => ['error', 'warning', 'note'].indexOf(level));
  expect(ranks).toEqual(ranks.toSorted());
  expect(results[0]).toMatchObject({ ruleId: 'syntax', level: 'error' });
  const copy = results.find(({ ruleId }: { ruleId: string }) => ruleId === 'copy-before-install');
  expect(copy).toMatchObject({
    level: 'warning',
    message: { text: expect.stringMatching(/re-runs `npm ci`.*\n\n.*\n\n\[line 5\]\(1\): /s) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'a%20b/Dockerfile', uriBaseId: '%SRCROOT%' },
          region: { startLine: 4, startColumn: 1, endLine: 4, endColumn: 9 },
        },
      },
    ],
    relatedLocations: [{ id: 1, physicalLocation: { region: { startLine: 5 } } }],
    partialFingerprints: { primaryLocationLineHash: fingerprints(TEXT)[3] },
    properties: { confidence: 'high', seconds: null },
  });
  expect(tool.driver.rules[copy.ruleIndex]).toMatchObject({
    id: 'copy-before-install',
    helpUri: expect.stringMatching(/^https:.*\/src\/lint\/rules\/copy-before-install\.md$/),
    defaultConfiguration: { level: 'warning' },
  });
});

test('fixes are replacements in the file of the finding', () => {
  const text =
    '# context: web/package.json web/package-lock.json\nFROM node:24\nWORKDIR /app\nCOPY web/package.json ./\nRUN npm install\n';
  const [result] = sarif(lintText(text, 'lockfile-not-copied').findings, text).results;
  expect(result.fixes).toEqual([
    {
      description: { text: 'Bring the lock file along.' },
      artifactChanges: [
        {
          artifactLocation: { uri: 'a%20b/Dockerfile', uriBaseId: '%SRCROOT%' },
          replacements: [
            {
              deletedRegion: { startLine: 4, startColumn: 22, endLine: 4, endColumn: 22 },
              insertedContent: { text: ' web/package-lock.json' },
            },
          ],
        },
      ],
    },
  ]);
  expect(sarif().results.some((other: object) => 'fixes' in other)).toBe(false);
});

test('a clean file has no results, and the rules all the same', () => {
  const run = sarif([]);
  expect(run.results).toEqual([]);
  expect(run.tool.driver.rules.length).toBeGreaterThan(10);
  expect(run.properties).toEqual({ suppressed: 0, ignored: 2, leftOut: 0 });
});

test('a file outside the repository has an absolute URI and no base', () => {
  const [result] = sarif(findings, TEXT, [['Dockerfile', 'file:///x/Dockerfile']]).results;
  expect(result.locations[0].physicalLocation.artifactLocation).toEqual({ uri: 'file:///x/Dockerfile' });
});

test('what a Dockerfile says makes no link', () => {
  const [result] = sarif([finding({ message: 'see [here](1)', remedy: '', related: [] })]).results;
  expect(result.message.text).toBe('see [here]\\(1)');
});

describe('GitHub’s limits', () => {
  test('descriptions, tags and names of rules', () => {
    for (const { id, shortDescription, fullDescription, help, properties } of sarif([]).tool.driver.rules) {
      expect(id.length).toBeLessThanOrEqual(255);
      for (const { text } of [shortDescription, fullDescription]) expect(text).toMatch(/^.{1,1024}$/);
      expect(help.text).not.toBe('');
      expect(properties.tags.length).toBeLessThanOrEqual(10);
    }
  });

  test('5,000 results, the worst of them; 100 locations; messages that leave room', () => {
    const notices = Array.from({ length: 6000 }, (_, at) => finding({ severity: 'notice', line: at + 1 }));
    const place = { file: 'Dockerfile', line: 1, endLine: 1, column: 1, endColumn: 2, message: 'x' };
    const bad = finding({ severity: 'error', message: 'x'.repeat(1 << 20), related: Array(2000).fill(place) });
    const { results, properties } = sarif([...notices, bad], 'FROM a\n'.repeat(6000));
    expect(results).toHaveLength(5000);
    expect(properties.leftOut).toBe(1001);
    expect(results[0].level).toBe('error');
    expect(results[0].relatedLocations).toHaveLength(100);
    expect(results[0].message.text.length).toBeLessThan(10_000);
  });
});

// Values that GitHub's upload action is tested with.
test.each([
  ['', ['c129715d7a2bc9a3:1']],
  [' a\nb\n  \t\tc\n d', ['271789c17abda88f:1', '54703d4cd895b18:1', '180aee12dab6264:1', 'a23a3dc5e078b07b:1']],
  ...['\n|\n|\n|\n|\n', '\r|\r|\r|\r|\r', '\r\n|\r\n|\r\n|\r\n|\r\n', '\r\n|\n|\r|\r|\r\n'].map(
    (ends): [string, string[]] => {
      const [a, b, c, d, e] = ends.split('|');
      return [
        ` hello; \t\nworld!!!${a}${b}${c}  \t\tGreetings${d} End${e}`,
        [
          'e9496ae3ebfced30:1',
          'fb7c023a8b9ccb3f:1',
          'ce8ba1a563dcdaca:1',
          'e20e36e16fcb0cc8:1',
          'b3edc88f2938467e:1',
          'c8e28b0b4002a3a0:1',
          'c129715d7a2bc9a3:1',
        ],
      ];
    },
  ),
  [
    'Lorem ipsum dolor sit amet.\n'.repeat(10),
    [
      ...[1, 2, 3, 4, 5, 6].map((count) => `a7f2ff13bc495cf2:${count}`),
      'a7f2ff1481e87703:1',
      'a9cf91f7bbf1862b:1',
      '55ec222b86bcae53:1',
      'cc97dc7b1d7d8f7b:1',
      'c129715d7a2bc9a3:1',
    ],
  ],
])('the fingerprints of %j are those of GitHub’s own action', (text, expected) => {
  expect(fingerprints(text)).toEqual(expected);
});
