// The numbers were compared with the names in `docker build --progress=rawjson` of engine 28.5.2.
import { describe, expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { ancestry, neededStages, numberedSteps } from '../../src/dockerfile/stages.ts';

const parse = (text: string) => parseDockerfile(text, 'Dockerfile').dockerfile;

describe('neededStages', () => {
  const text = [
    'FROM a AS base',
    'FROM base AS build',
    'RUN make',
    'FROM b AS unused',
    'FROM c AS tools',
    'FROM d AS Final',
    'COPY --from=BUILD /x /x',
    'RUN --mount=from=tools,target=/t y',
    'COPY --from=example.com/image /x /x',
  ].join('\n');
  test.each([
    [null, ['base', 'build', 'tools', 'final']],
    ['final', ['base', 'build', 'tools', 'final']],
    ['FINAL', ['base', 'build', 'tools', 'final']],
    ['build', ['base', 'build']],
    ['2', ['unused']],
    ['nobody', []],
    ['9', []],
  ])('target %s', (target, names) => {
    expect(neededStages(parse(text), target).map(({ name }) => name)).toEqual(names);
  });

  test.each([
    ['an index', 'FROM a\nFROM b\nCOPY --from=0 x y', [0, 1]],
    ['a mount goes by name only', 'FROM a\nFROM b\nRUN --mount=from=0,target=/x y', [1]],
    ['the last stage of that name', 'FROM a AS x\nFROM b AS x\nFROM c\nCOPY --from=x y z', [1, 2]],
    ['a trigger of the parent', 'FROM a AS t\nFROM b AS p\nONBUILD COPY --from=t x y\nFROM p', [0, 1, 2]],
    ['not its own triggers', 'FROM a AS t\nFROM b AS p\nONBUILD COPY --from=t x y', [1]],
    ['stages that need each other', 'FROM a AS x\nCOPY --from=y b c\nFROM a AS y\nCOPY --from=x b c', [0, 1]],
    ['a base in a variable', 'ARG B=x\nFROM a AS x\nFROM b AS y\nFROM $B', [0, 2]],
    ['ADD has no --from', 'FROM a AS x\nFROM b\nADD x y', [1]],
    ['no stages', 'ARG a', []],
  ])('%s', (_, file, indices) => {
    expect(neededStages(parse(file), null).map(({ index }) => index)).toEqual(indices);
  });
});

describe('numberedSteps', () => {
  const steps = (text: string) =>
    parse(text).stages.map((stage) =>
      numberedSteps(stage).map(({ index, total, instruction }) => `${index}/${total} ${instruction.keyword}`),
    );

  test.each([
    [
      'FROM, ADD, COPY, RUN, WORKDIR and nothing else',
      'FROM a\nENV b=c\nARG d\nWORKDIR /e\nLABEL f=g\nADD h i\nCOPY j k\nRUN l\nCMD m\nEXPOSE 1\nUSER n\nVOLUME /o',
      [['1/5 FROM', '2/5 WORKDIR', '3/5 ADD', '4/5 COPY', '5/5 RUN']],
    ],
    ['a stage as base does not count', 'FROM a AS b\nRUN c\nFROM b\nRUN d', [['1/2 FROM', '2/2 RUN'], ['1/1 RUN']]],
    ['nor does scratch', 'FROM scratch\nCOPY a b', [['1/1 COPY']]],
    ['WORKDIR / raises the total only', 'FROM a\nWORKDIR /\nRUN b', [['1/3 FROM', '2/3 RUN']]],
    [
      'triggers come first, and each raises the total',
      'FROM a AS b\nONBUILD RUN c\nONBUILD ENV d=e\nFROM b\nRUN f',
      [['1/1 FROM'], ['1/3 RUN', '2/3 RUN']],
    ],
    ['nothing to do', 'FROM scratch\nENV a=b', [[]]],
  ])('%s', (_, text, expected) => {
    expect(steps(text)).toEqual(expected);
  });
});

test('ancestry begins with the stage that is built from an image', () => {
  const dockerfile = parse('FROM a AS x\nFROM x AS y\nFROM b\nFROM y');
  const indices = (stage: number) => ancestry(dockerfile, dockerfile.stages[stage] ?? fail()).map(({ index }) => index);
  expect([indices(0), indices(3)]).toEqual([[0], [0, 1, 3]]);
});

function fail(): never {
  throw new Error('no such stage');
}
