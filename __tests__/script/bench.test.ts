// What script/bench makes of its measurements. (Measuring itself takes an engine to itself, and minutes.)

import { describe, expect, test } from '@jest/globals';
import {
  type ImageFacts,
  type Measurement,
  medians,
  type PeerName,
  type Scenario,
  type Setting,
} from '../../script/lib/bench/measurement.ts';
import { fill, page, table } from '../../script/lib/bench/page.ts';
import { judge } from '../../script/lib/bench/targets.ts';

const app: ImageFacts = { name: 'app', about: 'An app.', largeLayers: false, largeBuilder: true };

function one(scenario: Scenario, peer: PeerName, imageSeconds: number, more: Partial<Measurement> = {}): Measurement {
  return {
    ...{ image: 'app', scenario, peer },
    ...{ imageSeconds, stepSeconds: imageSeconds, savedSeconds: imageSeconds + 1 },
    ...{ bytesUp: 0, bytesDown: 0, newEntries: 0, ran: 1, mustRun: 1, bytesNeeded: null, quiet: true },
    ...more,
  };
}

const short = (measurements: Measurement[], image = app) =>
  judge(measurements, [image]).map(({ promise, value, limit, met }) =>
    [met ? 'met' : 'missed', promise, value.toFixed(2), limit].join(' · '),
  );

describe('medians', () => {
  test('are of each number, by image, scenario and peer', () => {
    const runs = [3, 1, 8].map((seconds) => one('cold', 'ours', seconds, { bytesUp: seconds * 10 }));
    expect(medians([...runs, one('cold', 'plain', 4), one('cold', 'plain', 6)])).toEqual([
      one('cold', 'ours', 3, { bytesUp: 30 }),
      one('cold', 'plain', 5),
    ]);
  });

  test('leave out what other work disturbed, where there is anything else', () => {
    const [disturbed, other] = [one('cold', 'ours', 30, { quiet: false }), one('cold', 'ours', 50, { quiet: false })];
    expect(medians([one('cold', 'ours', 3), disturbed, other])).toEqual([one('cold', 'ours', 3)]);
    expect(medians([disturbed, other])[0]?.imageSeconds).toBe(40);
  });

  test('of what a peer does not tell stay untold', () => {
    expect(medians([one('cold', 'gha', 1), one('cold', 'gha', 2)])[0]?.bytesNeeded).toBeNull();
  });
});

describe('a table', () => {
  test('has a row for each measurement, by scenario and peer, with ratios', () => {
    const measurements = [
      one('source', 'gha', 4, { bytesDown: 250_000_000, ran: 2 }),
      one('source', 'ours', 3, { bytesUp: 12_000, newEntries: 2 }),
      one('source', 'plain', 10),
    ];
    expect(table('app', measurements).split('\n').slice(2)).toEqual([
      '| source file changed | plain | 10.0 | 10.0 | 11.0 | 0.00 | 0.00 | 0 | 1 |  |  |',
      '| source file changed | ours | 3.0 | 3.0 | 4.0 | 0.01 | 0.00 | 2 | 1 | 0.30 | 0.75 (gha) |',
      '| source file changed | gha | 4.0 | 4.0 | 5.0 | 0.00 | 250.0 | 0 | 2 instead of 1 | 0.40 |  |',
    ]);
  });
});

describe('the targets', () => {
  test('of a cold build depend on how large its layers are', () => {
    const cold = [one('cold', 'plain', 10), one('cold', 'ours', 9), one('cold', 'gha', 30)];
    expect(short(cold)).toEqual([
      'met · cold: time to the image over plain docker build · 0.90 · 1',
      'met · cold: time to the image over type=gha, whose docker build ends with its export · 0.30 · 0.4',
      'met · any scenario: time to the next step over plain docker build (cold) · 0.90 · 1.05',
    ]);
    expect(short(cold, { ...app, largeLayers: true })[0]).toBe(
      'missed · cold: time to the image over plain docker build · 0.90 · 0.85',
    );
  });

  test('for every scenario are judged by the worst', () => {
    const measurements = [
      ...[one('last', 'plain', 10), one('last', 'ours', 1, { bytesDown: 200, bytesNeeded: 100 })],
      ...[one('source', 'plain', 10), one('source', 'ours', 9, { stepSeconds: 11, bytesDown: 100, bytesNeeded: 100 })],
    ];
    expect(short(measurements)).toEqual([
      'met · source file changed: time to the image over the best peer · 0.90 · 1',
      'missed · any scenario: time to the next step over plain docker build (source) · 1.10 · 1.05',
      'missed · any scenario: bytes down over what the engine needs (last) · 2.00 · 1.05',
    ]);
  });

  test('are not judged where something was not measured', () => {
    expect(short([one('cold', 'gha', 3), one('cold', 'plain', 3)])).toEqual([]);
  });
});

test('the page says the setting, and lists what is missed', () => {
  const setting: Setting = {
    ...{ date: '2026-01-01', cores: 2, memoryGiB: 8, engine: '28.5.2', store: 'containerd' },
    ...{ link: 'no delays', runs: 3, busy: 0 },
  };
  const text = page(setting, [one('cold', 'plain', 2), one('cold', 'ours', 4)], [app]);
  expect(text).toContain(
    '2026-01-01 · 2 cores, 8 GiB · Docker 28.5.2, containerd image store · no delays · medians of 3 runs',
  );
  expect(text).toContain('**Missed**\n\n- app · cold: time to the image over plain docker build: 2.00, at most 1.00');
  expect(text).not.toContain('**Met**');
});

test('only what stands between the marks is replaced', () => {
  const before = 'why\n<!-- begin it (made by x) -->\nold $& text\n<!-- end it -->\nmore\n';
  expect(fill(before, 'it', '$& new')).toBe('why\n<!-- begin it (made by x) -->\n\n$& new\n\n<!-- end it -->\nmore\n');
  expect(() => fill('no marks', 'it', '')).toThrow('no marks "begin it"');
});
