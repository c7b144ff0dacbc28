// What is written of a build and read again, and what is made of a text that nobody wrote so.

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readRecord, writeRecord } from '../../src/explain/codec.ts';
import type { BuildRecord, FileState, StepRecord } from '../../src/explain/record.ts';
import { CASES, Random, SEED } from '../context/support.ts';

const DAMAGED = { record: null, reason: 'its record is damaged' };

function file(path: string, more: Partial<FileState> = {}): FileState {
  return { path, mode: 0o100644, size: 12, digest: '0123456789abcdef', ...more };
}

function step(id: string, more: Partial<StepRecord> = {}): StepRecord {
  return {
    id,
    stage: 'build',
    platform: null,
    line: 3,
    instruction: 'COPY',
    text: 'COPY . .',
    heredoc: '',
    content: '89abcdef',
    parent: null,
    sources: [],
    settings: [],
    variables: [],
    complete: true,
    operation: null,
    images: [],
    remote: null,
    files: null,
    done: true,
    layerBytes: null,
    seconds: null,
    ...more,
  };
}

function record(steps: StepRecord[], more: Partial<BuildRecord> = {}): BuildRecord {
  return { stages: [], time: 1_700_000_000_000, commit: '', engine: null, options: {}, steps, ...more };
}

const FULL = record(
  [
    step('2', { parent: '1', sources: [{ step: '3', way: 'copy' }], files: [file('a'), file('b/c'), file('d')] }),
    step('1', {
      platform: 'linux/arm64',
      settings: [{ keyword: 'SHELL', text: 'SHELL ["é", "\u2028"]', line: 2 }],
      variables: [{ name: '__proto__', value: '01234', line: null }],
      operation: 'abc',
      images: [{ name: 'node:24', digest: 'sha256:1' }],
      remote: 'def',
      layerBytes: 4096,
      seconds: 0.25,
    }),
    step('3', { sources: [{ step: '1', way: 'mount' }], files: [], complete: false, done: false, line: null }),
  ],
  { commit: 'c0ffee', engine: '29.0.0', options: { network: 'abcde', 'add-hosts': '' } },
);

const round = (one: BuildRecord) => readRecord(writeRecord(one));

describe('what is written is read', () => {
  test.each<[string, BuildRecord]>([
    ['nothing', record([])],
    ['all there is', FULL],
    [
      'two states of one path',
      record([step('1', { files: [file('a')] }), step('2', { files: [file('a', { size: 13 })] })]),
    ],
    [
      'of what has no content',
      record([step('1', { files: [file('', { mode: 0o40755, size: 0, digest: '' }), file('x')] })]),
    ],
    [
      'code units, not letters, are in order',
      record([step('1', { files: [file('B'), file('a'), file('\u{1f600}'), file('\uffff')] })]),
    ],
    [
      'names with all that names may have',
      record([step('1', { files: [file('\n'), file('"\\'), file('__proto__')] })]),
    ],
    ['half a character', record([step('1', { text: '\ud800' })])],
    ['a file of 5 GB', record([step('1', { files: [file('a', { size: 5_000_000_000 })] })])],
  ])('%s', (_, one) => expect(round(one)).toEqual({ record: one, reason: null }));

  test(`random records (SEED=${SEED})`, () => {
    const random = new Random(SEED);
    for (let left = CASES; left > 0; left--) {
      const one = randomRecord(random);
      expect(round(one)).toEqual({ record: one, reason: null });
    }
  });

  test('steps with the same files share them', () => {
    const files = () => [file('a'), file('b')];
    const steps = round(record([step('1', { files: files() }), step('2', { files: files() })])).record?.steps;
    expect(steps?.[0]?.files).toBe(steps?.[1]?.files);
  });

  test('100,000 files, three times, in less than 3 MB', () => {
    // What cannot be compressed.
    const digits = (of: string) => createHash('sha1').update(of).digest('hex').slice(0, 16);
    const all = Array.from({ length: 100_000 }, (_, at) => {
      const path = `src/${String(at >> 8).padStart(4, '0')}/component-${digits(String(at)).slice(0, 9)}.ts`;
      return file(path, { size: (at * 7919) % 20_011, digest: digits(path) });
    }).sort((a, b) => (a.path < b.path ? -1 : 1));
    const other = all.map((one, at) => (at % 50 === 0 ? { ...one, digest: digits(`${at}`) } : one));
    const some = all.filter((_, at) => at % 3 !== 0);
    const one = record([step('1', { files: all }), step('2', { files: some }), step('3', { files: other })]);
    const text = writeRecord(one);
    expect(text.length).toBeLessThan(3_000_000);
    expect(JSON.stringify(readRecord(text).record) === JSON.stringify(one)).toBe(true);
  });

  test('more files than can be read again are left out', () => {
    // One long name in many steps' files is one in the table; these are many.
    const files = Array.from({ length: 70 }, (_, at) => file(String(at + 10).padEnd(1_000_000, 'x')));
    expect(round(record([step('1', { files }), step('2')]))).toEqual({
      record: record([step('1'), step('2')]),
      reason: null,
    });
  });
});

function randomRecord(random: Random): BuildRecord {
  const paths = Array.from(
    { length: random.below(12) },
    (_, at) => `${random.pick(['a', 'a/b', 'é', 'z-'])}${at}`,
  ).sort();
  const state = (path: string) =>
    random.chance(0.2)
      ? file(path, { mode: 0o40755, size: 0, digest: '' })
      : file(path, { size: random.below(3), digest: random.pick(['0', 'f']).repeat(16) });
  const files = () => paths.filter(() => random.chance(0.7)).map(state);
  const ids = Array.from({ length: random.below(6) }, (_, at) => String(at));
  const steps = ids.map((id, at) => {
    const before = ids.slice(0, at);
    return step(id, {
      parent: at > 0 && random.chance(0.7) ? random.pick(before) : null,
      sources: at > 0 && random.chance(0.5) ? [{ step: random.pick(before), way: random.pick(['copy', 'mount']) }] : [],
      files: random.chance(0.7) ? files() : null,
      seconds: random.chance(0.5) ? random.below(1000) / 8 : null,
    });
  });
  return record(random.chance(0.5) ? steps.reverse() : steps);
}

// Any JSON of a record as it is written.
// biome-ignore lint/suspicious/noExplicitAny: it is changed into what is no record.
type Anything = any;

const pack = (content: unknown) =>
  gzipSync(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64');
const unpack = (text: string): Anything => JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString());

/** FULL, changed by somebody. */
function changed(change: (written: Anything) => void): string {
  const written = unpack(writeRecord(FULL));
  change(written);
  return pack(written);
}

describe('what is no record', () => {
  test('one of another version', () => {
    const reason = 'its record has version 2, not 1';
    expect(readRecord(changed((one) => Object.assign(one, { version: 2, steps: {} })))).toEqual({
      record: null,
      reason,
    });
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['no base64', '\0\ufffd{}'],
    ['no gzip', Buffer.from('{}').toString('base64')],
    ['no JSON', pack('{')],
    ['null', pack('null')],
    ['a list', pack('[]')],
    ['no version', changed((one) => delete one.version)],
    ['a version of words', changed((one) => Object.assign(one, { version: '1' }))],
    ['lists in lists in lists', pack('['.repeat(1_000_000))],
    ['a bomb', gzipSync(Buffer.alloc(1 << 28, ' ')).toString('base64')],
  ])('%s', (_, text) => expect(readRecord(text)).toEqual(DAMAGED));

  test.each<[string, (written: Anything) => void]>([
    ['a time before all', (one) => Object.assign(one, { time: -1 })],
    ['an option that is no text', (one) => Object.assign(one.options, { network: 1 })],
    ['options in a list', (one) => Object.assign(one, { options: ['a'] })],
    ['an option that every object has', (one) => Object.assign(one.options, { constructor: 'a' })],
    ['a key too much', (one) => Object.assign(one, { more: 1 })],
    ['a key of a step too much', (one) => Object.assign(one.steps[0], { more: 1 })],
    ['a step that is none', (one) => one.steps.push(null)],
    ['a step in a list', (one) => one.steps.push([])],
    ['an id twice', (one) => one.steps.push({ ...one.steps[1] })],
    ['a parent that is not there', (one) => Object.assign(one.steps[0], { parent: '9' })],
    ['a parent that every object has', (one) => Object.assign(one.steps[0], { parent: 'toString' })],
    ['a source that is not there', (one) => Object.assign(one.steps[0].sources[0], { step: '9' })],
    ['a step on itself', (one) => Object.assign(one.steps[1], { parent: '1' })],
    ['steps in a circle', (one) => Object.assign(one.steps[1], { parent: '2' })],
    ['steps in a circle of sources', (one) => Object.assign(one.steps[1], { sources: [{ step: '2', way: 'copy' }] })],
    ['a way that is none', (one) => Object.assign(one.steps[0].sources[0], { way: 'walk' })],
    ['a keyword that is none', (one) => Object.assign(one.steps[1].settings[0], { keyword: 'RUN' })],
    ['half a line', (one) => Object.assign(one.steps[1].settings[0], { line: 1.5 })],
    ['files that begin behind the last', (one) => Object.assign(one.steps[0], { files: [3, 1] })],
    ['files that end behind the last', (one) => Object.assign(one.steps[0], { files: [1, 3] })],
    ['files without a count', (one) => Object.assign(one.steps[0], { files: [0] })],
    ['no files at a place', (one) => Object.assign(one.steps[0], { files: [0, 0] })],
    ['files before the first', (one) => Object.assign(one.steps[0], { files: [-1, 2] })],
    ['half a file', (one) => Object.assign(one.steps[0], { files: [0, 0.5] })],
    ['a file twice', (one) => Object.assign(one.steps[0], { files: [0, 1, 0, 1] })],
    ['files out of order', (one) => Object.assign(one.steps[0], { files: [1, 1, 0, 1] })],
    ['two states of a file in one step', (one) => Object.assign(one.files, { paths: ['a', 'a', 'd'] })],
    ['paths out of order', (one) => one.files.paths.reverse()],
    ['a path that is no text', (one) => Object.assign(one.files.paths, [null])],
    ['a path too many', (one) => one.files.paths.push('x')],
    ['a mode too few', (one) => one.files.modes.pop()],
    ['a mode beyond all', (one) => Object.assign(one.files.modes, [0o200000])],
    ['a size too many', (one) => one.files.sizes.push(1)],
    ['a size that is no number', (one) => Object.assign(one.files.sizes, ['1'])],
    ['a digest too short', (one) => Object.assign(one.files, { digests: one.files.digests.slice(1) })],
    ['a digest of other letters', (one) => Object.assign(one.files, { digests: one.files.digests.replace('a', 'A') })],
    ['half a digest', (one) => Object.assign(one.files, { digests: one.files.digests.replace('f', ' ') })],
    ['digests in a list', (one) => Object.assign(one.files, { digests: [one.files.digests] })],
  ])('%s', (_, change) => expect(readRecord(changed(change))).toEqual(DAMAGED));

  test('of all that stands in a record nothing may be missing, and nothing be something else', () => {
    const whole = unpack(writeRecord(FULL));
    for (const way of waysInto(whole)) {
      for (const other of [undefined, null, -1, 'x', {}, [{}], true, 0.5]) {
        const text = changed((one) => put(one, way, other));
        const { record: found } = readRecord(text);
        // Not all is wrong: a text may be any other.
        if (found) expect(round(found)).toEqual({ record: found, reason: null });
        else expect(readRecord(text).reason).toMatch(/^its record (is damaged|has version )/);
        // An option may be missing.
        if (other === undefined && !(way[0] === 'options' && way.length > 1)) expect(found).toBeNull();
      }
    }
  });

  test('`__proto__` is a key like others, and one too much', () => {
    const text = JSON.stringify(unpack(writeRecord(FULL)));
    for (const place of ['{"version":1', '"options":{', '"steps":[{', '"files":{']) {
      expect(text).toContain(place);
      const own = `"__proto__":${place.startsWith('"options') ? '"x"' : '{}'},`;
      const tampered = text.replace(place, place.replace('{', `{${own}`));
      expect(readRecord(pack(tampered))).toEqual(DAMAGED);
    }
  });

  test('the same files in many steps, and many files in many steps, take little or are refused', () => {
    const many = Array.from({ length: 3100 }, (_, at) => file(String(at).padStart(4, '0')));
    const written = unpack(writeRecord(record([step('0', { files: many })])));
    const [one] = written.steps;
    const steps = (files: (at: number) => number[]) =>
      Array.from({ length: 6000 }, (_, at) => ({ ...one, id: String(at), files: files(at) }));
    expect(readRecord(pack({ ...written, steps: steps(() => [0, 3100]) })).reason).toBeNull();
    const others = (at: number) => [at % 100, 1, 100 + Math.floor(at / 100), 2900];
    expect(readRecord(pack({ ...written, steps: steps(others) }))).toEqual(DAMAGED);
  });

  test('20,000 steps, each on the one before', () => {
    const steps = Array.from({ length: 20_000 }, (_, at) =>
      step(String(at), { parent: at > 0 ? String(at - 1) : null }),
    );
    expect(round(record(steps.reverse())).record?.steps).toHaveLength(20_000);
  });
});

describe('a text that was damaged', () => {
  const text = writeRecord(FULL);

  test('cut off anywhere', () => {
    // A character of base64 holds six bits, and the last ones of a length may be none of the content.
    for (let length = 0; length < text.length - 4; length++) expect(readRecord(text.slice(0, length))).toEqual(DAMAGED);
  });

  test(`changed anywhere (SEED=${SEED})`, () => {
    const random = new Random(SEED);
    const content = Buffer.from(text, 'base64');
    for (let left = CASES * 20; left > 0; left--) {
      const other = Buffer.from(content);
      const at = random.below(other.length);
      other[at] = random.below(256);
      const { record: found, reason } = readRecord(other.toString('base64'));
      // A few bytes of the head are not of the content: the time, the system.
      if (found) expect(found).toEqual(FULL);
      else expect(reason).toBe(DAMAGED.reason);
    }
  });
});

/** The ways to all that stands in a value. */
function waysInto(value: unknown, way: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...way, key], ...waysInto(inner, [...way, key])]);
}

/** Puts something else at the end of a way; nothing, if it is undefined. */
function put(value: Anything, way: string[], other: unknown): void {
  const last = way.at(-1) ?? '';
  const place = way.slice(0, -1).reduce((inner, key) => inner[key], value);
  if (other === undefined) delete place[last];
  else place[last] = other;
}
