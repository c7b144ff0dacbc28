import { describe, expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { globalScope, pairs, resolve, type Scope, scopeAt } from '../../src/dockerfile/variables.ts';
import { places } from '../../src/dockerfile/workdir.ts';

const scope = (values: Record<string, string | null>, closed = true): Scope => ({
  values: new Map(Object.entries(values)),
  closed,
});

describe('resolve', () => {
  const values = { X: 'x', E: '', P: null };
  test.each([
    ['plain', 'plain'],
    ['$X', 'x'],
    ['${X}', 'x'],
    ['a$X-b', 'ax-b'],
    ['$XY', ''],
    ['${X}Y', 'xY'],
    ['$U', ''],
    ['$', '$'],
    ['a$', 'a$'],
    ['$/', '$/'],
    ['${U:-d}', 'd'],
    ['${X:-d}', 'x'],
    ['${E:-d}', 'd'],
    ['${E-d}', ''],
    ['${U-d}', 'd'],
    ['${X:+a}', 'a'],
    ['${E:+a}', ''],
    ['${E+a}', 'a'],
    ['${U:-$X}', 'x'],
    ['${U:-${V:-e}}', 'e'],
    ['${X:?no}', 'x'],
    ['${U:?no}', null],
    ['\\$X', '$X'],
    ['"$X"', 'x'],
    ["'$X'", '$X'],
    ['"a\\"b"', 'a"b'],
    ['"a\\b"', 'a\\b'],
    ['a\\b', 'ab'],
    ['$P', null],
    ['${P:-d}', null],
    ['${X#x}', null],
    ['${X/x/y}', null],
    ['${U#x}', ''],
    ['${X', null],
    ['${}', null],
    ['${X@Q}', null],
    ['"', null],
    ['a<<b', 'a<<b'],
  ])('%s', (word, expected) => {
    expect(resolve(word, scope(values))).toBe(expected);
  });

  test('the escape character is the file’s', () => {
    expect(resolve('`$X\\a', scope(values), '`')).toBe('$X\\a');
  });

  test('a name that the base image may define is not known to be unset', () => {
    expect(resolve('$U', scope({}, false))).toBeNull();
    expect(resolve('${U:-d}', scope({}, false))).toBeNull();
    expect(resolve('a', scope({}, false))).toBe('a');
  });
});

describe('scopeAt', () => {
  /** What `$WORDS` of the last instruction, `LABEL v=…`, become. */
  const label = (text: string, buildArgs = {}) => {
    const { dockerfile } = parseDockerfile(text, 'Dockerfile', buildArgs);
    const stage = dockerfile.stages.at(-1);
    const instruction = stage?.instructions.at(-1);
    if (!stage || !instruction) throw new Error('no instruction');
    const [pair] = pairs(instruction);
    return resolve(pair?.value ?? '', scopeAt(dockerfile, stage, instruction, buildArgs));
  };

  test.each([
    ['ENV above', 'FROM scratch\nENV A=1\nLABEL v=$A', '1'],
    ['ENV in the old form', 'FROM scratch\nENV A b c\nLABEL v=$A', 'b c'],
    ['ENV below', 'FROM scratch\nLABEL v=$A', ''],
    ['one ENV sees what was before it', 'FROM scratch\nENV A=1\nENV A=2 B=$A\nLABEL v=$B', '1'],
    ['one ARG sees the one before it', 'FROM scratch\nARG A=1 B=$A\nLABEL v=$B', '1'],
    ['global ARG', 'ARG A=1\nFROM scratch\nLABEL v=$A', ''],
    ['global ARG declared again', 'ARG A=1\nFROM scratch\nARG A\nLABEL v=$A', '1'],
    ['and with a default of its own', 'ARG A=1\nFROM scratch\nARG A=2\nLABEL v=$A', '2'],
    ['ARG without a value leaves ENV alone', 'FROM scratch\nENV A=1\nARG A\nLABEL v=$A', '1'],
    ['through the parent stage', 'FROM scratch AS p\nENV A=1\nARG B=2\nFROM p\nLABEL v=$A$B', '12'],
    ['not from other stages', 'FROM scratch AS p\nENV A=1\nFROM scratch\nLABEL v=$A', ''],
    ['a trigger counts in the child', 'FROM scratch AS p\nONBUILD ENV A=1\nFROM p\nLABEL v=$A', '1'],
    ['the base image may define it', 'FROM a\nLABEL v=$A', null],
    ['PATH is always there', 'FROM scratch\nLABEL v=$PATH', null],
    ['the platform', 'FROM scratch\nARG TARGETARCH\nLABEL v=$TARGETARCH', null],
  ])('%s', (_, text, expected) => {
    expect(label(text)).toBe(expected);
  });

  test('build arguments win over defaults, global and local', () => {
    const text = 'ARG A=1\nFROM scratch\nARG A\nARG B=2\nLABEL v=$A$B';
    expect(label(text, { A: 'x', B: 'y' })).toBe('xy');
    expect(label('FROM scratch\nLABEL v=$A', { A: 'x' })).toBe('');
    expect(label('FROM scratch\nARG TARGETARCH\nLABEL v=$TARGETARCH', { TARGETARCH: 'arm64' })).toBe('arm64');
  });

  test('a FROM sees the global ARGs', () => {
    const { dockerfile } = parseDockerfile('ARG A=1\nARG B=$A-2\nFROM a:$B\nARG C=3', 'Dockerfile');
    expect(resolve('$B$C', globalScope(dockerfile))).toBe('1-2');
    const [stage] = dockerfile.stages;
    expect(stage && resolve('$B', scopeAt(dockerfile, stage, stage.from))).toBe('1-2');
  });
});

test.each([
  [
    'ENV A=1 B="2 3"',
    [
      ['A', '1'],
      ['B', '"2 3"'],
    ],
  ],
  ['ENV A  1 2', [['A', '1 2']]],
  ['LABEL a.b="c=d"', [['a.b', '"c=d"']]],
  [
    'ARG A B=1 C=',
    [
      ['A', null],
      ['B', '1'],
      ['C', ''],
    ],
  ],
  ['RUN A=1', []],
])('pairs: %s', (text, expected) => {
  const instruction = parseDockerfile(`FROM a\n${text}`, 'x').dockerfile.instructions.at(-1);
  expect(instruction && pairs(instruction).map(({ name, value }) => [name, value])).toEqual(expected);
});

test.each([
  ['FROM a\nRUN x', '.'],
  ['FROM scratch\nRUN x', '/'],
  ['FROM a\nWORKDIR /app/\nRUN x', '/app'],
  ['FROM a\nWORKDIR /app\nWORKDIR sub\nRUN x', '/app/sub'],
  ['FROM a\nWORKDIR sub\nRUN x', 'sub'],
  ['FROM a\nENV D=/d\nWORKDIR $D/e\nRUN x', '/d/e'],
  ['FROM a\nWORKDIR $HOME\nRUN x', null],
  ['FROM a\nWORKDIR $HOME\nWORKDIR sub\nRUN x', null],
  ['FROM a\nWORKDIR $HOME\nWORKDIR /b\nRUN x', '/b'],
  ['FROM a AS p\nWORKDIR /p\nFROM p\nRUN x', '/p'],
])('workdir: %j', (text, expected) => {
  const { dockerfile } = parseDockerfile(text, 'Dockerfile');
  const stage = dockerfile.stages.at(-1);
  expect(stage && [...places(dockerfile, stage)].at(-1)?.workdir).toBe(expected);
});
