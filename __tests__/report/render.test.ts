// What people see: the summary, the terminal, the annotations. Expected texts stand here whole, so that a change shows.

import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/lint/finding.ts';
import { annotationsOf, findingAnnotations } from '../../src/report/annotations.ts';
import { escapeText } from '../../src/report/markdown.ts';
import { NOTHING_SEEN, type Report } from '../../src/report/report.ts';
import { problemSummary, summary } from '../../src/report/summary.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { bar, cut, duration } from '../../src/report/text.ts';
import { cause, failedReport, report, step } from '../support/report.ts';

const plain = { colour: false, width: 80 };
/** No texts of files: what excerpts look like is in excerpt.test.ts. */
const NONE = new Map<string, string>();

describe('a job that succeeded', () => {
  test('in the terminal', () => {
    expect(
      terminalReport(report(), NONE, plain),
    ).toBe(`✓ Built in 13.6 s · 1 of 3 steps from the cache · smoke test passed
  Dockerfile → app:1 · Docker 28.5.2, containerd image store

  step  line  instruction   cache     time
  1/3      1  FROM node:24  hit    < 0.1 s
  2/3      2  RUN npm ci    miss    12.3 s  ████████████
  3/3      3  COPY . .      miss     0.2 s  ▎
  besides the steps: export the image 1.0 s

  smoke test  passed: node server.js is still running after 3 s

  lint        no findings`);
  });

  test('in the summary', () => {
    expect(summary(report())).toBe(`### ✅ Built in 13.6 s · 1 of 3 steps from the cache · smoke test passed

<code>Dockerfile</code> → <code>app&#58;1</code> · Docker 28.5.2, containerd image store

| step | line | instruction | cache | time | |
|:--|--:|:--|:--|--:|:--|
| 1/3 | 1 | <code>FROM node&#58;24</code> | 🟢&nbsp;hit | &#60;&nbsp;0.1&nbsp;s |  |
| 2/3 | 2 | <code>RUN npm ci</code> | 🟠&nbsp;miss | 12.3&nbsp;s | ██████████ |
| 3/3 | 3 | <code>COPY . .</code> | 🟠&nbsp;miss | 0.2&nbsp;s | ▏ |

Besides the steps: export the image 1.0 s.

**Smoke test passed.** node server.js is still running after 3 s

**Lint: no findings.**
`);
  });

  test('it needs no annotation', () => expect(annotationsOf(report())).toEqual({ annotations: [], left: 0 }));
});

describe('a job that failed', () => {
  test('in the terminal', () => {
    expect(
      terminalReport(failedReport(), NONE, plain),
    ).toBe(`✗ Build failed after 12.5 s · 1 of 3 steps from the cache · 1 lint finding
  Dockerfile → app:1 · Docker 28.5.2, containerd image store

  Step 2/3 (line 2): RUN ended with exit code 1
    │ npm error code E404
    │ npm error <b>|\`x\`

  step  line  instruction   cache       time
  1/3      1  FROM node:24  hit      < 0.1 s
  2/3      2  RUN npm ci    failed    12.3 s  ████████████
  3/3      3  COPY . .      not run

  smoke test  skipped: There is no image to run.

  lint        1 finding, 1 silenced by a comment, 2 ignored by lint-ignore

  Dockerfile:3: warning [copy-before-install]
    Every change to a file re-runs \`npm ci\`.
    Copy the manifests first:
      COPY package.json ./`);
  });

  test('in the summary, with what strangers wrote as it stands', () => {
    const text = summary(failedReport());
    expect(text).toContain('### ❌ Build failed after 12.5 s');
    expect(text).toContain('**Step 2/3 &#40;line 2&#41;&#58; RUN ended with exit code 1**');
    expect(text).toContain('<pre>npm error code E404\nnpm error &#60;b&#62;&#124;&#96;x&#96;</pre>');
    expect(
      text,
    ).toContain(`⚠️ **Dockerfile, line 3** · <code>copy-before-install</code><br>Every change to a file re-runs <code>npm ci</code>.<br>Copy the manifests first&#58;

<pre>COPY package.json ./</pre>`);
    expect(text).toContain('**Lint: 1 finding.** Left out: 1 silenced by a comment, 2 ignored by lint-ignore.');
  });

  test('as annotations, worst first', () => {
    expect(annotationsOf(failedReport()).annotations).toMatchObject([
      {
        level: 'error',
        title: 'docker build failed',
        file: 'Dockerfile',
        line: 2,
        message: expect.stringMatching(/^Step 2\/3 \(line 2\): RUN ended with exit code 1\nnpm error/),
      },
      {
        level: 'warning',
        title: 'copy-before-install',
        line: 3,
        message: expect.stringContaining('Copy the manifests first'),
      },
    ]);
  });
});

test('the layer cache has a line where somebody asked for one', () => {
  const cache = {
    ...report().cache,
    store: 'directory',
    outcome: 'restored',
    reason: 'The layers of this build were saved.',
    bytesFetched: 30_012_918,
    bytesStored: 999,
    netSeconds: 61.2,
  } as const;
  const text = terminalReport(report({ cache }), NONE, plain);
  expect(text).toContain(`
  layers      restored: reused steps saved 1 min 01 s, the cache’s own time
              taken off. 30.0 MB fetched, 999 B stored. The layers of this build
              were saved.
`);
  const lost = { ...cache, netSeconds: -1.24 };
  expect(summary(report({ cache: lost }))).toContain(
    '\n**Layers restored&#58;** it cost 1.2 s more than the reused steps saved. 30.0 MB fetched, 999 B stored. ',
  );
  const nothing = { bytesFetched: 0, bytesStored: 0, netSeconds: 0 };
  const unusable = {
    ...cache,
    ...nothing,
    outcome: 'unusable',
    reason: 'The classic builder cannot share its layers.',
  } as const;
  expect(summary(report({ cache: unusable }))).toContain(
    '\n**Layers unusable.** The classic builder cannot share its layers.\n',
  );
});

describe('a smoke test', () => {
  const failedTest: Report['smoke'] = {
    ...NOTHING_SEEN,
    outcome: 'failed',
    check: 'port',
    evidence: 'app did not accept connections on port 80 within 60 s: it listens on 127.0.0.1:80 only',
    reason: 'It listens on 127.0.0.1:80. Bind it to 0.0.0.0.',
    line: 4,
    health: ['down', 'down', '<b>up</b>'],
    log: ['listening'],
  };
  const stop = { signal: 'SIGTERM', seconds: null, killed: true, notice: 'Write the command as a JSON array.' };

  test('that failed, with its likely reason', () => {
    expect(terminalReport(report({ smoke: failedTest }), NONE, plain)).toContain(`
  smoke test  failed: app did not accept connections on port 80 within 60 s: it
              listens on 127.0.0.1:80 only
              Most likely: It listens on 127.0.0.1:80. Bind it to 0.0.0.0.
              Its HEALTHCHECK printed: down · <b>up</b>
    │ listening
`);
    expect(summary(report({ smoke: failedTest }))).toContain(
      '<br>Most likely&#58; It listens on 127.0.0.1&#58;80. Bind it to 0.0.0.0.<br>Its HEALTHCHECK printed&#58; down · &#60;b&#62;up&#60;/b&#62;\n\n<details open>',
    );
    expect(annotationsOf(report({ smoke: failedTest })).annotations).toMatchObject([
      {
        level: 'error',
        title: 'smoke test failed',
        file: 'Dockerfile',
        line: 4,
        message: `${failedTest.evidence}\nMost likely: ${failedTest.reason}\nIts HEALTHCHECK printed: down · <b>up</b>\nlistening`,
      },
    ]);
  });

  test('of a program that had to be killed', () => {
    const smoke = { ...report().smoke, line: 3, stop };
    expect(terminalReport(report({ smoke }), NONE, plain)).toContain(
      'still running after 3 s\n              Write the command as a JSON array.\n',
    );
    expect(annotationsOf(report({ smoke })).annotations).toMatchObject([
      { level: 'notice', title: 'smoke test', line: 3, message: 'Write the command as a JSON array.' },
    ]);
    const ended = { ...smoke, stop: { ...stop, seconds: 0.42, killed: false, notice: null } };
    expect(summary(report({ smoke: ended }))).toContain('3 s<br>It stopped 0.4 s after SIGTERM.\n');
    expect(annotationsOf(report({ smoke: ended })).annotations).toEqual([]);
  });
});

test('what was pushed, and what was not', () => {
  const pushed = { outcome: 'pushed', pushed: [{ tag: 'a:1', digest: 'sha256:0' }], seconds: 2, reason: null } as const;
  expect(terminalReport(report({ push: { ...pushed, pushed: [...pushed.pushed] } }), NONE, plain)).toMatch(
    / · smoke test passed · pushed\n[\s\S]*\n {2}push {8}Pushed in 2\.0 s: a:1 \(sha256:0\)\.\n/,
  );
  const failed = { outcome: 'failed', pushed: [], seconds: 1, reason: 'a:1 was not pushed: denied' } as const;
  const refused = report({ push: { ...failed, pushed: [] } });
  expect(summary(refused)).toContain('**Push failed.** a&#58;1 was not pushed&#58; denied\n');
  expect(annotationsOf(refused).annotations).toMatchObject([{ level: 'error', message: 'a:1 was not pushed: denied' }]);
});

test('a syntax finding speaks for the builder’s message', () => {
  const failed = failedReport();
  const [finding] = failed.lint.findings;
  if (finding) Object.assign(finding, { rule: 'syntax', severity: 'error', message: '`//` starts no comment' });
  failed.build.failure = { step: null, message: 'dockerfile parse error on line 1', log: [] };
  expect(annotationsOf(failed).annotations.map(({ title }) => title)).toEqual(['syntax']);
  expect(terminalReport(failed, NONE, plain)).not.toContain('dockerfile parse error');
});

describe('GitHub shows ten annotations of a level', () => {
  const failed = failedReport();
  const [finding] = failed.lint.findings;
  const many = (count: number, change: Partial<Finding>): Finding[] =>
    Array.from({ length: count }, () => ({ ...(finding as Finding), ...change }));
  const told = (findings: Finding[]) => annotationsOf({ ...failed, lint: { findings, suppressed: 0, ignored: 0 } });

  test('notices leave the warnings their places', () => {
    const { annotations, left } = told([...many(30, { severity: 'notice' }), ...many(12, {})]);
    expect(annotations.map(({ level }) => level)).toEqual([
      'error',
      ...Array(10).fill('warning'),
      ...Array(10).fill('notice'),
    ]);
    expect(left).toBe(22);
  });

  test('what costs most is among them', () => {
    const { annotations } = told([...many(20, {}), ...many(1, { rule: 'dear', seconds: 9 })]);
    expect(annotations[1]?.title).toBe('dear');
  });

  test('the summary has all, and says how many stand only there', () => {
    const text = summary({ ...failed, lint: { ...failed.lint, findings: many(13, {}) } });
    expect(text).toContain('GitHub shows ten annotations of a kind: 3 more stand only here.');
    expect(text.match(/copy-before-install/g)).toHaveLength(13);
    expect(summary(failed)).not.toContain('ten annotations');
  });

  test('findings alone have the same limit', () => {
    expect(findingAnnotations(many(12, {}))).toMatchObject({ annotations: { length: 10 }, left: 2 });
  });
});

test('steps of several stages have their stage’s name; those of the classic builder count through the file', () => {
  const stages = [
    step({ id: 'build/1', stage: 'build', index: 1, total: 2 }),
    step({ id: 'stage-1/1', stage: 'stage-1', index: 1, total: 1 }),
  ];
  const { build } = report();
  expect(terminalReport(report({ build: { ...build, steps: stages } }), NONE, plain)).toMatch(
    /^ {2}build 1\/2 .*\n {2}stage-1 1\/1 /m,
  );
  const classic = stages.map((one, at) => ({ ...one, index: at + 1, total: 2, id: `${one.stage}/${at + 1}` }));
  expect(terminalReport(report({ build: { ...build, steps: classic } }), NONE, plain)).toMatch(
    /^ {2}1\/2 .*\n {2}2\/2 /m,
  );
  const arm = [step({ id: 'linux/arm64/build/1', stage: 'build', index: 1, total: 1 })];
  expect(terminalReport(report({ build: { ...build, steps: arm } }), NONE, plain)).toMatch(/^ {2}linux\/arm64 1\/1 /m);
});

test('a summary stays below GitHub’s limit of 1 MiB', () => {
  const { build } = report();
  const hostile = '|<>`*'.repeat(2000);
  const steps = Array.from({ length: 10_000 }, (_, at) => {
    const name = `${at} ${hostile}`;
    const long = cause({ detail: name, evidence: Array(30).fill(name), remedy: `${hostile}\n${hostile}` });
    return step({ index: at, stage: hostile, text: `RUN ${hostile}`, cause: at < 50 ? long : null });
  });
  const long = summary(report({ build: { ...build, steps } }));
  expect(Buffer.byteLength(long)).toBeLessThan(1 << 20);
  expect(long).toContain('… and 9700 more steps in the JSON report.');
});

test.each([
  ['a | b', 'a &#124; b'],
  ['<img src=x onerror=y>', '&#60;img src=x onerror=y&#62;'],
  [
    '[x](javascript:y) **b** `c` ~s~ $m$ @you #1 &amp;',
    '&#91;x&#93;&#40;javascript&#58;y&#41; &#42;&#42;b&#42;&#42; &#96;c&#96; &#126;s&#126; &#36;m&#36; &#64;you &#35;1 &#38;amp;',
  ],
  ['two \n\n | lines |', 'two &#124; lines &#124;'],
])('markdown and HTML in %j are text', (text, escaped) => {
  expect(escapeText(text)).toBe(escaped);
  expect(problemSummary([{ message: text }])).toContain(escaped);
});

test('a million blanks are gone through once', () => {
  const blanks = ' '.repeat(1_000_000);
  expect(escapeText(`a${blanks}b`)).toBe(`a${blanks}b`);
});

test.each([
  [0, '0 s'],
  [0.01, '< 0.1 s'],
  [0.06, '0.1 s'],
  [9.96, '10.0 s'],
  [59.9, '59.9 s'],
  [59.99, '1 min 00 s'],
  [125.4, '2 min 05 s'],
])('duration(%d) is %s', (seconds, text) => expect(duration(seconds)).toBe(text));

test('bars are to scale, and a short time has none', () => {
  expect([10, 5, 0.63, 0.01].map((seconds) => bar(seconds, 10, 8))).toEqual(['████████', '████', '▌', '']);
  expect(bar(0.1, 0.1, 8)).toBe('▊');
});

test('a cut text keeps whole characters', () => expect(cut('a👩b👩c', 4)).toBe('a👩b…'));
