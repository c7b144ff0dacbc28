import { describe, expect, test } from '@jest/globals';
import type { Instruction } from '../../src/dockerfile/dockerfile.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';

const parse = (text: string) => parseDockerfile(text, 'Dockerfile');

/** The only instruction below `FROM a`, which must be without problems. */
function only(text: string): Instruction {
  const { dockerfile, problems } = parse(`FROM a\n${text}`);
  expect(problems).toEqual([]);
  expect(dockerfile.instructions).toHaveLength(2);
  return dockerfile.instructions[1] as Instruction;
}

/** `line:column-line:column` */
const place = ({ range: { start, end } }: Pick<Instruction, 'range'>): string =>
  `${start.line}:${start.column}-${end.line}:${end.column}`;

describe('lines', () => {
  test.each([
    ['a comment and an empty line in a continuation', 'RUN a \\\n# c\n\n  && b', 'a   && b', '2:1-5:7'],
    ['blanks behind the backslash', 'RUN a \\ \t\n b', 'a  b', '2:1-3:3'],
    ['two backslashes do not continue', 'RUN a \\\\', 'a \\\\', '2:1-2:9'],
    ['an indented comment', 'RUN a \\\n   # c\n b', 'a  b', '2:1-4:3'],
    ['CRLF', 'RUN a \\\r\n b\r\n', 'a  b', '2:1-3:3'],
    ['a continuation into the end of the file', 'RUN a \\\n', 'a', '2:1-2:8'],
    ['a word broken over lines', 'RUN ap\\\nt', 'apt', '2:1-3:2'],
    ['white space around', '  \tRUN   a  ', 'a', '2:4-2:13'],
    ['lower case', 'run a', 'a', '2:1-2:6'],
    ['a backslash on a line of its own in front', '\\\nRUN a', 'a', '3:1-3:6'],
  ])('%s', (_, text, rest, range) => {
    const instruction = only(text);
    expect([instruction.keyword, instruction.rest, place(instruction)]).toEqual(['RUN', rest, range]);
  });

  test('the text reads as one line', () => {
    expect(only('RUN a \\\n # c\n\t && b').text).toBe('RUN a && b');
  });

  test('a byte order mark belongs to no instruction', () => {
    const { dockerfile, problems } = parse('\ufeffFROM a');
    expect(problems).toEqual([]);
    expect(dockerfile.stages[0]?.from.range.start).toEqual({ line: 1, column: 1 });
  });

  test('comments directly above belong to the instruction; an empty line cuts them off', () => {
    const { dockerfile } = parse('# syntax=docker/dockerfile:1\n# far\n\n# near\n#  nearer \nFROM a\n# of RUN\nRUN b');
    const texts = dockerfile.instructions.map(({ comments }) => comments.map(({ text }) => text));
    expect(texts).toEqual([['near', 'nearer'], ['of RUN']]);
  });
});

describe('directives', () => {
  test.each([
    ['escape with a backtick', '# escape=`\nFROM a\nRUN b `\n c\\', '`', 'b  c\\'],
    ['in any case, spaced', '#  ESCAPE = ` \nFROM a\nRUN b `\n c', '`', 'b  c'],
    ['behind another', '# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN b `\n c', '`', 'b  c'],
    ['not behind a comment', '# hello\n# escape=`\nFROM a\nRUN b `', '\\', 'b `'],
    ['not behind an unknown one', '# foo=bar\n# escape=`\nFROM a\nRUN b `', '\\', 'b `'],
    ['not behind an empty line', '\n# escape=`\nFROM a\nRUN b `', '\\', 'b `'],
  ])('%s', (_, text, escapeToken, rest) => {
    const { dockerfile, problems } = parse(text);
    expect(problems).toEqual([]);
    expect([dockerfile.escape, dockerfile.instructions.at(-1)?.rest]).toEqual([escapeToken, rest]);
  });

  test('all three, with their lines', () => {
    const { dockerfile } = parse('#syntax=docker/dockerfile:1 \n# check=skip=all\n# escape=\\\nFROM a');
    expect(dockerfile.directives).toEqual([
      { name: 'syntax', value: 'docker/dockerfile:1', line: 1 },
      { name: 'check', value: 'skip=all', line: 2 },
      { name: 'escape', value: '\\', line: 3 },
    ]);
  });

  test('another language has no problems that are ours to know', () => {
    expect(parse('# syntax=example.com/buildpacks:1\nstack: x\n').problems).toEqual([]);
    expect(parse('# syntax=mirror.example.com/docker/dockerfile:1\nstack: x\n').problems).not.toEqual([]);
  });
});

describe('heredocs', () => {
  const heredocs = (text: string) =>
    only(text).heredocs.map(({ name, fileDescriptor, expand, chomp, content }) => [
      name,
      fileDescriptor,
      expand,
      chomp,
      content,
    ]);

  test.each([
    ['plain', 'RUN <<EOF\na\nEOF', [['EOF', 0, true, false, 'a\n']]],
    ['quoted', "RUN <<'EOF'\na\nEOF", [['EOF', 0, false, false, 'a\n']]],
    ['with a space in quotes', 'RUN <<"E F"\na\nE F', [['E F', 0, false, false, 'a\n']]],
    ['with blanks in front of the word', 'RUN cat << EOF\na\nEOF', [['EOF', 0, true, false, 'a\n']]],
    ['with tabs', 'RUN <<-EOF\n\ta\n\t\tEOF', [['EOF', 0, true, true, '\ta\n']]],
    ['tabs do not end one without a dash', 'RUN <<EOF\n\tEOF\nEOF', [['EOF', 0, true, false, '\tEOF\n']]],
    ['with a file descriptor', 'RUN 3<<EOF\nEOF', [['EOF', 3, true, false, '']]],
    [
      'two of them',
      'COPY <<A <<B /x/\n1\nA\n2\nB',
      [
        ['A', 0, true, false, '1\n'],
        ['B', 0, true, false, '2\n'],
      ],
    ],
    ['behind a continuation', 'RUN cat \\\n <<EOF\na\nEOF', [['EOF', 0, true, false, 'a\n']]],
    ['behind ONBUILD', 'ONBUILD RUN <<EOF\na\nEOF', [['EOF', 0, true, false, 'a\n']]],
    ['CRLF', 'RUN <<EOF\r\na\r\nEOF\r\n', [['EOF', 0, true, false, 'a\r\n']]],
    ['what looks like a comment stays', 'RUN <<EOF\n# a\nEOF', [['EOF', 0, true, false, '# a\n']]],
    ['a redirection glued on belongs to the name', 'RUN cat <<EOF>x\na\nEOF>x', [['EOF>x', 0, true, false, 'a\n']]],
    ['none in quotes', 'RUN echo "<<EOF"', []],
    ['none where a quote is open', "RUN echo it's <<EOF", []],
    ['none for a here string', 'RUN cat <<<EOF', []],
    ['none glued to a word', 'RUN cat<<EOF', []],
    ['none in the JSON form', 'RUN ["a", "<<EOF"]', []],
    ['none for CMD', 'CMD cat <<EOF', []],
  ])('%s', (_, text, expected) => {
    expect(heredocs(text)).toEqual(expected);
  });

  test('ranges: of the content, and the instruction up to the last delimiter', () => {
    const instruction = only('COPY <<A <<B /x/\n1\n22\nA\nB\n');
    expect(instruction.heredocs.map(place)).toEqual(['3:1-4:3', '6:1-6:1']);
    expect(place(instruction)).toBe('2:1-6:2');
    expect(only('ONBUILD RUN <<EOF\na\nEOF').trigger?.heredocs).toHaveLength(1);
  });
});

describe('arguments', () => {
  const words = (text: string) => only(text).words.map((word) => word.text);

  test.each([
    ['COPY a  b\tc', ['a', 'b', 'c']],
    ['COPY ["a b", "c"]', ['a b', 'c']],
    ['COPY "a b" c', ['"a', 'b"', 'c']],
    ['ENV a="b c" d=e\\ f', ['a="b c"', 'd=e\\ f']],
    ["LABEL a='b \"c' d=", ["a='b \"c'", 'd=']],
    ['WORKDIR /a b', ['/a b']],
    ['USER a b', ['a b']],
    ['EXPOSE 80  81/udp', ['80', '81/udp']],
    ['VOLUME ["/a"]', ['/a']],
    ['HEALTHCHECK CMD a  b', ['CMD', 'a', 'b']],
    ['RUN a "b c" \\\n d', ['a', '"b c"', 'd']],
    ['CMD', []],
    ['SHELL ["a", "b"]', ['a', 'b']],
  ])('%s', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test.each([
    ['CMD ["a", "b"]', ['a', 'b']],
    ['CMD [ "a\\"b" , \\\n "c" ]', ['a"b', 'c']],
    ['CMD []', []],
    ["CMD ['a']", null],
    ['CMD ["a"', null],
    ['CMD ["a"] b', null],
    ['CMD [[ -f x ]] && y', null],
    ['HEALTHCHECK CMD ["a"]', ['a']],
    ['LABEL a=["b"]', null],
  ])('JSON: %s', (text, expected) => {
    expect(only(text).json).toEqual(expected);
  });

  test.each([
    [
      'RUN --mount=type=cache,target=/x --network=none a',
      [
        ['mount', 'type=cache,target=/x'],
        ['network', 'none'],
      ],
      'a',
    ],
    ['RUN --mount="type=bind,target=/y" a --b', [['mount', 'type=bind,target=/y']], 'a --b'],
    ['COPY --link a b', [['link', null]], 'a b'],
    ['COPY --chown=a\\ b a b', [['chown', 'a b']], 'a b'],
    ['RUN -- --x', [], '--x'],
    ['RUN -x', [], '-x'],
  ])('flags: %s', (text, expected, rest) => {
    const instruction = only(text);
    expect([instruction.flags.map(({ name, value }) => [name, value]), instruction.rest]).toEqual([expected, rest]);
  });

  test('places of words and flags, over lines', () => {
    const { flags, words } = only('COPY \\\n  --from=a \\\n  ["b", \\\n   "cc"]');
    expect([...flags, ...words].map(place)).toEqual(['3:3-3:11', '4:4-4:7', '5:4-5:8']);
  });

  test('ONBUILD has its trigger', () => {
    const { trigger } = only('ONBUILD COPY --chown=a b c');
    expect([trigger?.keyword, trigger?.flags.length, trigger?.words.map((word) => word.text)]).toEqual([
      'COPY',
      1,
      ['b', 'c'],
    ]);
    expect(only('ONBUILD NONSENSE').trigger).toBeNull();
  });
});

describe('stages', () => {
  const stages = (text: string, buildArgs = {}) =>
    parseDockerfile(text, 'x', buildArgs).dockerfile.stages.map(({ name, base, instructions }) => [
      name,
      base.kind === 'stage' ? base.stage : base.kind,
      instructions.length,
    ]);

  test.each([
    [
      'FROM a AS One\nRUN x\nFROM one\nFROM scratch',
      [
        ['one', 'image', 1],
        [null, 0, 0],
        [null, 'scratch', 0],
      ],
    ],
    [
      'FROM a AS x\nFROM b AS x\nFROM x',
      [
        ['x', 'image', 0],
        ['x', 'image', 0],
        [null, 1, 0],
      ],
    ],
    [
      'FROM later\nFROM a AS later',
      [
        [null, 'image', 0],
        ['later', 'image', 0],
      ],
    ],
    [
      'ARG B=one\nFROM a AS one\nFROM ${B}',
      [
        ['one', 'image', 0],
        [null, 0, 0],
      ],
    ],
    [
      'FROM a AS scratch\nFROM scratch',
      [
        ['scratch', 'image', 0],
        [null, 0, 0],
      ],
    ],
    ['FROM --platform=$X a AS b', [['b', 'image', 0]]],
    [
      'FROM "a" AS b\nFROM "b"',
      [
        ['b', 'image', 0],
        [null, 0, 0],
      ],
    ],
  ])('%s', (text, expected) => {
    expect(stages(text)).toEqual(expected);
  });

  test('a FROM that differs from a stage in case only means that stage, though BuildKit rejects it', () => {
    expect(stages('FROM a AS One\nFROM One')).toEqual([
      ['one', 'image', 0],
      [null, 0, 0],
    ]);
  });

  test('build arguments decide what a FROM with a variable means', () => {
    const text = 'ARG B=one\nFROM a AS one\nFROM a AS two\nFROM $B';
    expect(stages(text, { B: 'two' }).at(-1)).toEqual([null, 1, 0]);
  });

  test('a child runs the triggers of its parent, and not those of its grandparent', () => {
    const { dockerfile } = parse('FROM a AS b\nONBUILD RUN x\nFROM b AS c\nFROM c');
    expect(dockerfile.stages.map(({ triggers }) => triggers.map(({ text }) => text))).toEqual([[], ['RUN x'], []]);
  });

  test('a FROM with a mistake is a stage all the same', () => {
    expect(stages('FROM alpine // base\nRUN x')).toEqual([[null, 'image', 1]]);
    expect(stages('FROM a AS b c\nRUN x')).toEqual([['b', 'image', 1]]);
  });
});
