// Each message was compared with what a real BuildKit says (engine 28.5.2, and BuildKit's own parser).
import { describe, expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';

const problems = (text: string) =>
  parseDockerfile(text, 'Dockerfile').problems.map(({ message, range }) => [range.start.line, message]);
const hint = (text: string) => parseDockerfile(text, 'Dockerfile').problems[0]?.hint;

describe('in an instruction below FROM', () => {
  test.each([
    ['FORM b', 'unknown instruction: FORM (did you mean FROM?)'],
    ['rnu b', 'unknown instruction: rnu (did you mean run?)'],
    ['Frm b', 'unknown instruction: Frm (did you mean from?)'],
    ['apt-get install x', 'unknown instruction: apt-get'],
    ['FROM', 'FROM requires either one or three arguments'],
    ['FROM b // our base image', 'FROM requires either one or three arguments'],
    ['FROM b # our base image', 'FROM requires either one or three arguments'],
    ['FROM b AT c', 'FROM requires either one or three arguments'],
    ['FROM b AS 1c', 'invalid name for build stage: "1c", name can\'t start with a number or contain symbols'],
    [
      'FROM Debian',
      'failed to parse stage name "Debian": invalid reference format: repository name (library/Debian) must be lowercase',
    ],
    [
      'FROM example.com/A/b:C',
      'failed to parse stage name "example.com/A/b:C": invalid reference format: repository name (A/b) must be lowercase',
    ],
    ['COPY b', 'COPY requires at least two arguments, but only one was provided. Destination could not be determined'],
    ['ADD', 'ADD requires at least two arguments, but only one was provided. Destination could not be determined'],
    ['COPY b <<EOF\nEOF', 'COPY cannot accept a heredoc as a destination'],
    ['COPY --form=x b c', 'unknown flag: --form (did you mean from?)'],
    ['COPY --unpack=true b c', 'unknown flag: --unpack'],
    ['COPY --chown=b --chown=b b c', 'duplicate flag specified: --chown'],
    ['COPY --chown b c', 'missing a value on flag: --chown'],
    ['COPY --link=no b c', 'expecting boolean value for flag --link, not: no'],
    ['COPY --link= b c', 'missing a value on flag: --link'],
    [
      'COPY --from=$b c d',
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    ],
    ['COPY --from=1 c d', 'invalid stage index 1'],
    ['RUN --network=no b', 'invalid network mode "no"'],
    ['RUN --security=no b', 'security "no" is not valid'],
    ['RUN --mount=from=$b,target=/c d', "'from' doesn't support variable expansion, define alias stage instead"],
    ['RUN ["b", 1]', 'when using JSON array syntax, arrays must be comprised of strings only'],
    ['RUN <<EOF\nb', 'unterminated heredoc'],
    ['RUN --oops <<EOF\nb', 'unterminated heredoc'],
    ['RUN echo $(( 1 << 2 ))', 'unterminated heredoc'],
    ['ENV b', 'ENV must have two arguments'],
    ['ENV b=c d', 'Syntax error - can\'t find = in "d". Must be of the form: name=value'],
    ['LABEL b=c // d', 'Syntax error - can\'t find = in "//". Must be of the form: name=value'],
    ['ENV =b', 'ENV names can not be blank'],
    ['ENV', 'ENV requires at least one argument'],
    ['ARG =b', 'ARG names can not be blank'],
    ['ARG', 'ARG requires at least one argument'],
    ['EXPOSE', 'EXPOSE requires at least one argument'],
    ['VOLUME []', 'VOLUME requires at least one argument'],
    ['VOLUME ["  "]', 'VOLUME specified can not be an empty string'],
    ['WORKDIR', 'WORKDIR requires exactly one argument'],
    ['USER', 'USER requires exactly one argument'],
    ['USER --x b', 'unknown flag: --x'],
    ['STOPSIGNAL', 'STOPSIGNAL requires exactly one argument'],
    ['SHELL bash -c', 'SHELL requires the arguments to be in JSON form'],
    ['SHELL []', 'SHELL requires at least one argument'],
    ['ONBUILD', 'ONBUILD requires at least one argument'],
    ['ONBUILD FROM b', "FROM isn't allowed as an ONBUILD trigger"],
    ['ONBUILD onbuild RUN b', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
    ['ONBUILD ENV b', 'ENV must have two arguments'],
    ['HEALTHCHECK', 'HEALTHCHECK requires at least one argument'],
    ['HEALTHCHECK curl b', 'Unknown type "CURL" in HEALTHCHECK (try CMD)'],
    ['HEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD'],
    ['HEALTHCHECK NONE b', 'HEALTHCHECK NONE takes no arguments'],
    ['HEALTHCHECK --interval=5 CMD b', 'time: missing unit in duration "5"'],
    ['HEALTHCHECK --timeout=5x CMD b', 'time: unknown unit "x" in duration "5x"'],
    ['HEALTHCHECK --timeout=soon CMD b', 'time: invalid duration "soon"'],
    ['HEALTHCHECK --interval=1us CMD b', 'Interval "interval" cannot be less than 1ms'],
    ['HEALTHCHECK --retries=x CMD b', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['HEALTHCHECK --retries=-1 CMD b', '--retries cannot be negative (-1)'],
  ])('%s', (text, message) => {
    expect(problems(`FROM a\n${text}`)).toContainEqual([2, message]);
  });

  test.each([
    'RUN',
    'CMD',
    'ENTRYPOINT []',
    'ARG b c=d e=',
    'ARG --x b',
    'ENV b c = d',
    'ENV b =c',
    'LABEL "b c"=d',
    'HEALTHCHECK NONE',
    'HEALTHCHECK --interval=1m30s --timeout=0 --start-period=.5s --retries=3 CMD b',
    'COPY --exclude=b --exclude=c d e',
    'COPY --from=0 b c',
    'COPY --from=b/c:D e f',
    'COPY --link=FALSE --parents b c',
    'ADD --unpack=true --checksum=b --keep-git-dir=true c d',
    'RUN --mount=type=cache,target=/b --mount=from=c,target=/d --device=e --security=insecure --network=host f',
    'ONBUILD NONSENSE b',
    'FROM example.com:80/b:C@sha256:D',
    'MAINTAINER b c',
    'EXPOSE $b/tcp',
  ])('accepted: %s', (text) => {
    expect(problems(`FROM a\n${text}`)).toEqual([]);
  });
});

describe('in the whole file', () => {
  test.each([
    ['', 1, 'the Dockerfile cannot be empty'],
    ['# only this\n', 1, 'file with no instructions'],
    ['ARG a\n', 1, 'dockerfile contains no stages to build'],
    ['RUN a\nFROM b', 1, 'no build stage in current context'],
    ['# escape=x\nFROM a', 1, "invalid escape token 'x' does not match ` or \\"],
    ['# escape=`\n# escape=`\nFROM a', 2, 'only one escape parser directive can be used'],
    [
      'FROM a AS Base\nFROM Base',
      2,
      'failed to parse stage name "Base": invalid reference format: repository name (library/Base) must be lowercase',
    ],
  ])('%j', (text, line, message) => {
    expect(problems(text)).toEqual([[line, message]]);
  });

  test('BuildKit reads no line above 64 KiB', () => {
    const line = (length: number) => `FROM a\nRUN ${'x'.repeat(length - 'RUN '.length)}`;
    const message = [2, 'dockerfile line greater than max allowed size of 65535'];
    expect(problems(`${line(65_535)}\n`)).toEqual([]);
    expect(problems(`${line(65_536)}\n`)).toEqual([message]);
    expect(problems(line(65_535))).toEqual([]);
    expect(problems(line(65_536))).toEqual([message]);
    expect(problems(`FROM a\nRUN ${'é'.repeat(32_764)}\n`)).toEqual([]);
    expect(problems(`FROM a\nRUN ${'é'.repeat(32_766)}\n`)).toEqual([message]);
  });

  test('all of them, in the order of the file, and the rest is in the model', () => {
    const { dockerfile } = parseDockerfile('RUN a\nFROM b c\nRNU d\nCOPY e\nRUN f', 'x');
    expect(problems('RUN a\nFROM b c\nRNU d\nCOPY e\nRUN f').map(([line]) => line)).toEqual([1, 2, 3, 4]);
    expect(dockerfile.stages[0]?.instructions.map(({ text }) => text)).toEqual(['COPY e', 'RUN f']);
  });
});

describe('hints', () => {
  const slashes = '`//` starts no comment in a Dockerfile; put a line starting with `#` above.';
  test.each([
    ['FROM alpine // our base image', slashes],
    ['// our base image\nFROM alpine', slashes],
    ['//our base image\nFROM alpine', slashes],
    ['FROM a\nENV b=c // why', slashes],
    ['FROM a\nSHELL ["b"] // why', slashes],
    [
      'FROM a # our base',
      '`#` starts a comment only at the beginning of a line; put the comment on a line of its own above.',
    ],
  ])('%j', (text, expected) => {
    expect(hint(text)).toBe(expected);
  });

  test('the line above is named where it looks unfinished', () => {
    expect(hint('FROM a\nRUN apt-get update &&\n  apt-get install b')).toContain('continues the RUN on line 2');
  });

  test('the delimiter that is missing, the flags there are, the stage that was meant', () => {
    expect(hint('FROM a\nRUN <<END\nb')).toContain('`END`');
    expect(hint('FROM a\nCOPY --owner=x b c')).toContain('--chown');
    expect(hint('FROM a AS Base\nFROM Base')).toContain('`FROM base`');
  });

  test('the place of a mistake is the word, not the line', () => {
    const at = (text: string) => parseDockerfile(text, 'x').problems.map(({ range }) => [range.start, range.end]);
    expect(at('FROM alpine // our base')).toEqual([
      [
        { line: 1, column: 13 },
        { line: 1, column: 24 },
      ],
    ]);
    expect(at('FROM a\nCOPY --from=9 b c')).toEqual([
      [
        { line: 2, column: 6 },
        { line: 2, column: 14 },
      ],
    ]);
  });
});
