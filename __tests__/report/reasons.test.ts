// Why steps were not reused, as people see it: in the terminal, the summary, annotations and outputs.

import { describe, expect, test } from '@jest/globals';
import { OUTPUTS, outputsOf } from '../../src/outputs.ts';
import { annotationsOf, missAnnotations } from '../../src/report/annotations.ts';
import { mapText, printable } from '../../src/report/clean.ts';
import type { Cause, Report, Step } from '../../src/report/report.ts';
import { summary } from '../../src/report/summary.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { after, cause, explainedReport, failedReport, report, reportOf, step } from '../support/report.ts';

const NONE = new Map<string, string>();
const terminal = (about: Report, width = 80, colour = false) => terminalReport(about, NONE, { colour, width });

/** Steps that all missed first, each for a reason of its own. */
const misses = (...causes: Partial<Cause>[]): Step[] =>
  causes.map((change, at) => {
    const index = at + 1;
    const place = { id: `stage-0/${index}`, index, total: causes.length, line: index };
    return step({ ...place, text: `RUN ${index}`, seconds: change.cost ?? 1, cause: cause(change) });
  });

describe('a file changed', () => {
  test('in a terminal of 80 columns', () => {
    expect(terminal(explainedReport())).toBe(`✓ Built in 13.6 s · 3 of 6 steps from the cache · smoke test passed
  Dockerfile → app:1 · Docker 28.5.2, containerd image store

  The cache saved 52.1 s; one miss cost 41.2 s:

  Dockerfile:4: files changed, cost 41.2 s with 2 steps that followed from it
    step 4/6, line 4: COPY . .
    2 of 118 files are not what they were.
    │ modified src/app.js
    │ added src/login.js
    │ … and 3 more
    → Copy \`package.json\` first:
        COPY package.json ./

  compared with the build of 2026-11-20 14:03 UTC, commit 1a2b3c4

  step  line  instruction        cache                    layer     time
  1/6      1  FROM node:24       hit                             < 0.1 s
  2/6      2  WORKDIR /app       restored                        < 0.1 s
  3/6      3  RUN apt-get upda…  restored 30.0 MB                  1.2 s  ▎
  4/6      4  COPY . .           miss · files changed              0.3 s
  5/6      5  RUN npm ci         miss · after 4/6      212.3 MB   34.7 s  ██████
  6/6      6  RUN npm run build  miss · after 4/6                  6.2 s  █▏

  smoke test  passed: node server.js is still running after 3 s

  lint        no findings`);
  });

  test('in the summary', () => {
    const text = summary(explainedReport());
    expect(
      text.slice(text.indexOf('**The cache'), text.indexOf('**Smoke')),
    ).toBe(`**The cache saved 52.1 s; one miss cost 41.2 s&#58;**

🟠 **Files changed** · step 4/6, line 4 <code>COPY . .</code> · cost **41.2 s** with 2 steps that followed from it<br>2 of 118 files are not what they were.

\`\`\`diff
modified src/app.js
added src/login.js
… and 3 more
\`\`\`

➡️ Copy <code>package.json</code> first&#58;

<pre>COPY package.json ./</pre>

<sub>Compared with the build of 2026-11-20 14&#58;03 UTC, commit 1a2b3c4.</sub>

| step | line | instruction | cache | why | layer | time | |
|:--|--:|:--|:--|:--|--:|--:|:--|
| 1/6 | 1 | <code>FROM node&#58;24</code> | 🟢&nbsp;hit |  |  | &#60;&nbsp;0.1&nbsp;s |  |
| 2/6 | 2 | <code>WORKDIR /app</code> | 🟢&nbsp;restored |  |  | &#60;&nbsp;0.1&nbsp;s |  |
| 3/6 | 3 | <code>RUN apt-get update</code> | 🟢&nbsp;restored&nbsp;30.0&nbsp;MB |  |  | 1.2&nbsp;s | ▍ |
| 4/6 | 4 | <code>COPY . .</code> | 🟠&nbsp;miss | **files&nbsp;changed** |  | 0.3&nbsp;s | ▏ |
| 5/6 | 5 | <code>RUN npm ci</code> | 🟠&nbsp;miss | after&nbsp;4/6 | 212.3&nbsp;MB | 34.7&nbsp;s | ██████████ |
| 6/6 | 6 | <code>RUN npm run build</code> | 🟠&nbsp;miss | after&nbsp;4/6 |  | 6.2&nbsp;s | █▊ |

`);
  });

  test('as a notice on its line', () => {
    expect(annotationsOf(explainedReport())).toEqual({
      annotations: [
        {
          level: 'notice',
          title: 'cache miss: files changed',
          message: [
            '2 of 118 files are not what they were.',
            'modified src/app.js\nadded src/login.js\n… and 3 more',
            'Cost 41.2 s with 2 steps that followed from it.',
            'Copy `package.json` first:\nCOPY package.json ./',
          ].join('\n\n'),
          file: 'Dockerfile',
          line: 4,
          endLine: 4,
          column: null,
        },
      ],
      left: 0,
    });
  });

  test('as outputs', () => {
    expect(outputsOf(explainedReport())).toMatchObject({
      hits: '3',
      misses: '3',
      'root-misses': '1',
      cause: 'files-changed',
      'miss-seconds': '41.2',
      'saved-seconds': '52.1',
    });
    expect(Object.keys(outputsOf(explainedReport()))).toEqual(Object.keys(OUTPUTS));
  });
});

describe('nothing to explain', () => {
  const hits = explainedReport().build.steps.slice(0, 3);

  test('every step was reused: one line says what that saved', () => {
    const about = reportOf(hits, { savedSeconds: 52.1 });
    expect(terminal(about)).toContain('store\n\n  Every step came from the cache, which saved 52.1 s.\n\n  step');
    expect(summary(about)).toContain('\n\n**Every step came from the cache, which saved 52.1 s.**\n\n| step');
    expect(outputsOf(about)).toMatchObject({ 'root-misses': '0', cause: '', 'miss-seconds': '0.0' });
  });

  test('nothing is said where nothing is known', () => {
    expect(terminal(reportOf(hits))).toContain('image store\n\n  step');
    expect(summary(report())).not.toContain('| why |');
  });
});

describe('what is the same for all steps is told once', () => {
  const kept = 'Nothing was kept yet; the next build can reuse what this one made.';
  const all = (kind: Cause['kind'], detail: string) =>
    reportOf(misses(...Array(40).fill({ kind, detail, evidence: [], cost: 2 })));

  test('a first build', () => {
    const about = all('first-build', kept);
    expect(terminal(about)).toContain(`image store

  First build: 40 steps ran, 1 min 20 s
    ${kept}

  step   line  instruction  cache   time
  1/40      1  RUN 1        miss   2.0 s  ████████████
`);
    expect(summary(about)).toContain(`⚪ **First build** · 40 steps ran, 1 min 20 s<br>Nothing was kept yet; the next`);
    expect(summary(about)).not.toContain('| why |');
    expect(annotationsOf(about).annotations).toEqual([]);
    expect(outputsOf(about)).toMatchObject({ 'root-misses': '40', cause: 'first-build', 'miss-seconds': '80.0' });
  });

  test.each([
    ['cache-disabled', 'Cache off'],
    ['unknown', 'Unknown'],
  ] as const)('%s', (kind, words) => {
    const about = all(kind, 'So it is.');
    expect(terminal(about).match(new RegExp(words, 'gi'))).toHaveLength(1);
    expect(annotationsOf(about).annotations).toEqual([]);
  });

  test('one step beside others has its words in the table', () => {
    const about = reportOf(misses({ kind: 'unknown', detail: 'The record is truncated.', evidence: [] }, {}));
    expect(terminal(about)).toContain(
      'Cause unknown: 1 step ran, 12.3 s\n    step 1/2, line 1: RUN 1\n    The record is truncated.\n',
    );
    expect(terminal(about)).toMatch(/RUN 1 +miss · cause unknown .*\n.*RUN 2 +miss · files changed /);
  });

  test('one cause on two platforms is one reason, with both costs and one notice', () => {
    const on = (platform: string): Step[] =>
      explainedReport().build.steps.map((one) => ({
        ...one,
        id: `${platform}/${one.id}`,
        cause: one.cause?.root ? after(`${platform}/stage-0/4`) : one.cause,
      }));
    const about = reportOf([...on('linux/amd64'), ...on('linux/arm64')]);
    expect(terminal(about)).toContain(`  2 misses cost 1 min 22 s:

  Dockerfile:4: files changed
    cost 1 min 22 s with 4 steps that followed from them
    steps linux/amd64 4/6, linux/arm64 4/6, line 4: COPY . .
`);
    expect(terminal(about)).toMatch(/^ {2}linux\/arm64 6\/6 .* miss · after 4\/6 /m);
    expect(annotationsOf(about).annotations).toHaveLength(1);
  });

  test('one cause on two lines has both, and a notice on each', () => {
    const moved: Partial<Cause> = { kind: 'base-image-changed', detail: '`node:24` is another image now.' };
    const about = reportOf(misses(moved, moved));
    expect(summary(about)).toContain(
      '🟠 **Base image moved** · steps 1/2 &#40;line 1&#41;, 2/2 &#40;line 2&#41; <code>',
    );
    expect(annotationsOf(about).annotations.map(({ line }) => line)).toEqual([1, 2]);
  });
});

test('the most expensive reason is on top; in the summary only three stand open', () => {
  const kinds = ['instruction-changed', 'variable-changed', 'base-image-changed', 'not-in-cache'] as const;
  const about = reportOf(misses(...kinds.map((kind, at) => ({ kind, cost: at + 1 }))));
  const order = (text: string) =>
    text.match(/^.*(?:🟠|Dockerfile:\d).*$/gm)?.map((line) => /line (\d)|:(\d)/.exec(line)?.[0]);
  expect(order(terminal(about))).toEqual([':4', ':3', ':2', ':1']);
  const [open = '', folded = ''] = summary(about).split(
    '<details><summary>… and 1 more miss, which cost 1.0 s</summary>',
  );
  expect(open.match(/🟠 \*\*.*/g)).toHaveLength(3);
  expect(folded).toMatch(/^\n\n🟠 \*\*Instruction changed\*\*[\s\S]*?<\/details>/);
  expect(outputsOf(about).cause).toBe('not-in-cache');
});

test('hundreds of reasons stay readable, in terminal and summary', () => {
  const about = reportOf(
    misses(...Array.from({ length: 300 }, (_, at) => ({ detail: `Number ${at}.`, cost: at + 1 }))),
  );
  expect(terminal(about).match(/Number/g)).toHaveLength(10);
  expect(terminal(about)).toContain('\n  … and 290 more misses, which cost 703 min 15 s\n');
  expect(summary(about).match(/Number/g)).toHaveLength(20);
  expect(summary(about)).toContain('… and 280 more misses, which cost');
});

describe('a step that failed', () => {
  const failed = failedReport();
  const changed = cause({
    kind: 'instruction-changed',
    detail: 'The instruction is another one.',
    evidence: ['- RUN npm ci --omit=dev', '+ RUN npm ci'],
  });
  failed.build.steps = failed.build.steps.map((one) => (one.status === 'failed' ? { ...one, cause: changed } : one));

  test('the failure is told first, then why the step ran at all', () => {
    const text = terminal(failed);
    expect(text.indexOf('exit code 1')).toBeLessThan(text.indexOf('Dockerfile:2: instruction changed, cost 12.3 s'));
    expect(text).toContain('  failed · instruction changed ');
    expect(summary(failed)).toContain('```diff\n- RUN npm ci --omit=dev\n+ RUN npm ci\n```');
  });

  test('a difference is coloured where colours are shown', () => {
    expect(terminal(failed, 80, true)).toContain('│ \u001b[31m- RUN npm ci --omit=dev\u001b[0m');
  });
});

test('where two long texts differ is seen', () => {
  const libraries = Array.from({ length: 30 }, (_, at) => `lib${at}`).join(' ');
  const evidence = [`- RUN apt-get install ${libraries} curl`, `+ RUN apt-get install ${libraries} wget`];
  const text = terminal(reportOf(misses({ evidence })));
  expect(text).toMatch(/│ - ….* lib29 curl\n {4}│ \+ ….* lib29 wget\n/);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

describe('widths', () => {
  const stage = 'dependencies-of-the-web-server-for-production';
  const long = reportOf([
    step({ id: `linux/amd64/${stage}/1`, stage, index: 1, total: 12, text: `RUN ${'x '.repeat(200)}`, cause: cause() }),
    step({ id: 'linux/amd64/web/2', stage: 'web', total: 3, cause: after(`linux/amd64/${stage}/1`) }),
  ]);
  const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

  test('of the names of stages the beginning stays', () => {
    expect(terminal(long, 120)).toContain('\n  linux/amd64 dependencie… 1/12 ');
    expect(terminal(long, 120)).toContain('miss · after linux/amd64 dependencie… 1/12 ');
    expect(widest(terminal(long, 120))).toBeLessThanOrEqual(120);
  });

  test('where there is no room for words, the block above has them', () => {
    expect(terminal(long, 80)).toMatch(/^ {2}linux\/amd64 web 2\/3 .* miss +12\.3 s /m);
    expect(terminal(long, 80)).toContain('Dockerfile:2: files changed, cost 12.3 s');
    expect(widest(terminal(long, 80))).toBeLessThanOrEqual(80);
  });
});

describe('the places for notices are shared', () => {
  const [finding] = failedReport().lint.findings;
  const told = (costs: number[], notices: number) => {
    const findings = Array(notices).fill({ ...finding, severity: 'notice' });
    const about = reportOf(misses(...costs.map((cost) => ({ cost, detail: `It cost ${cost}.` }))));
    const { annotations, left } = annotationsOf({ ...about, lint: { findings, suppressed: 0, ignored: 0 } });
    return { titles: annotations.map(({ title }) => (title.startsWith('cache miss') ? 'm' : 'f')).join(''), left };
  };

  test.each([
    ['misses that cost seconds come first, up to half', Array(8).fill(9), 20, 'mmmmmfffff', 18],
    ['what findings leave free is theirs', Array(8).fill(9), 1, 'mmmmmfmmm', 0],
    ['cheap ones come last', [9, 0.2], 3, 'mfffm', 0],
    ['cheap ones take no finding’s place', [0.2], 10, 'ffffffffff', 1],
  ])('%s', (_, costs, notices, titles, left) => {
    expect(told(costs, notices)).toEqual({ titles, left });
  });

  test('misses alone have the same limit, and their most expensive is first', () => {
    const about = reportOf(misses(...Array.from({ length: 12 }, (_, at) => ({ cost: at, detail: `It cost ${at}.` }))));
    const { annotations, left } = missAnnotations(about);
    expect(annotations).toHaveLength(10);
    expect(annotations[0]?.message).toMatch(/^It cost 11\./);
    expect(left).toBe(2);
  });
});

test('what strangers wrote stays text', () => {
  const names = [
    'a\n::error::x',
    '\u001b[31mred',
    '````',
    '</code><img src=x>',
    '**b** [x](javascript:y) @you #1',
    '| a |',
  ];
  const hostile = reportOf(
    misses({
      detail: `The file \`${names.join('` and `')}\` changed.`,
      evidence: names.map((name) => `added ${name}`).concat(names),
      remedy: 'Ignore `<script>`.\n<b>::error::</b>',
    }),
    { compared: { time: 0, commit: '<b>' } },
  );
  const clean = mapText(hostile, printable);
  const text = terminal(clean);
  expect(text).not.toContain('\u001b');
  expect(text).toContain('│ added a\\n::error::x\n');
  expect(text).not.toMatch(/^\s*::/m);
  const markdown = summary(clean);
  const [, before = '', lines = '', behind = ''] =
    /^([\s\S]*?)\n`{5}diff\n([\s\S]*?)\n`{5}\n([\s\S]*)$/.exec(markdown) ?? [];
  expect(lines.split('\n')).toHaveLength(12);
  for (const outside of [before, behind]) {
    expect(outside).not.toMatch(/<img|<script|<b>|\*\*b\*\*|\]\(|@you|^\| a/m);
  }
  expect(before).toContain('<code>&#60;/code&#62;&#60;img src=x&#62;</code>');
});
