// What changes in variables and in what a RUN runs under.

import { because, below, type Experiment, edit, edited, text, variable } from './experiment.ts';

const argument = (value: string) => ['--build-arg', `VERSION=${value}`];

export const VARIABLES: Experiment[] = [
  {
    name: 'an ARG that is used',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ARG VERSION
      RUN echo $VERSION > /version
      COPY salt /again
    `,
    },
    flags: argument('1.7.9'),
    change: { flags: argument('2.8.6') },
    misses: {
      '4 RUN': { ...because('variable-changed', '`VERSION`', 'line 3'), silent: ['1.7.9', '2.8.6'] },
      '5 COPY': below('4 RUN'),
    },
  },
  {
    name: 'an ARG that is not used',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ARG VERSION
      ARG OTHER=1
      COPY salt /again
      RUN echo $OTHER
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: {
      '6 RUN': { ...variable('VERSION'), says: ['`VERSION`', 'line 3', 'does not mention'], silent: ['OTHER'] },
    },
  },
  {
    name: 'an ARG of a parent stage',
    files: {
      Dockerfile: text`
      FROM busybox AS base
      COPY salt /
      ARG VERSION
      FROM base
      COPY salt /again
      RUN echo child
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: { '6 RUN': because('variable-changed', '`VERSION`', 'line 3') },
  },
  {
    name: 'a global ARG that no stage declares',
    files: {
      Dockerfile: text`
      ARG VERSION
      FROM busybox
      COPY salt /
      RUN echo a
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: {},
  },
  {
    name: 'a global ARG that a stage declares',
    files: {
      Dockerfile: text`
      ARG VERSION=1
      FROM busybox
      COPY salt /
      ARG VERSION
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['=1', '=2']) } },
    misses: { '5 RUN': variable('VERSION') },
  },
  {
    name: 'an ARG below the RUN',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN echo a
      ARG VERSION
      COPY salt /again
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: {},
  },
  {
    name: 'a proxy, which every builder knows',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN echo a
    `,
    },
    flags: ['--build-arg', 'HTTP_PROXY=http://127.0.0.1:1'],
    change: { flags: ['--build-arg', 'HTTP_PROXY=http://127.0.0.1:2'] },
    misses: {},
  },
  {
    name: 'a build argument that the Dockerfile does not know',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN echo a
    `,
    },
    change: { flags: argument('2') },
    misses: {},
  },
  {
    name: 'the default of an ARG',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ARG VERSION=1
      RUN echo $VERSION
    `,
    },
    change: { files: { Dockerfile: edit(['=1', '=2']) } },
    misses: { '4 RUN': because('variable-changed', '`VERSION`', 'line 3') },
  },
  {
    name: 'a new ARG with a default',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['RUN', 'ARG VERSION=1\nRUN']) } },
    misses: { '4 RUN': because('variable-changed', '`VERSION`', 'line 3') },
  },
  {
    name: 'a new ARG without a value',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['RUN', 'ARG VERSION\nRUN']) } },
    misses: {},
  },
  {
    name: 'an ARG that an ENV of the same name hides',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ARG VERSION
      ENV VERSION=3
      RUN echo $VERSION
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: {},
  },
  {
    name: 'an ARG in the source of a COPY',
    files: {
      'a.txt': 'one',
      'b.txt': 'two',
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ARG VERSION
      COPY $VERSION.txt /app.txt
    `,
    },
    flags: argument('a'),
    change: { flags: argument('b') },
    misses: { '4 COPY': because('variable-changed', '`VERSION`', 'line 3') },
  },
  {
    name: 'an ARG in the destination of a COPY',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ARG VERSION
      COPY salt /$VERSION
    `,
    },
    flags: argument('a'),
    change: { flags: argument('b') },
    misses: { '4 COPY': variable('VERSION') },
  },
  {
    name: 'an ARG in the owner of a COPY',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ARG VERSION
      COPY --chown=$VERSION salt /again
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: { '4 COPY': variable('VERSION') },
  },
  {
    name: 'an ARG in a WORKDIR',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ARG VERSION
      WORKDIR /v$VERSION
      COPY salt .
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: { '4 WORKDIR': variable('VERSION'), '5 COPY': below('4 WORKDIR') },
  },
  {
    name: 'an ARG in the tag of a FROM',
    images: { 'BASE-1': 'FROM busybox\nRUN echo SALT > /1\n', 'BASE-2': 'FROM busybox\nRUN echo SALT > /2\n' },
    files: {
      Dockerfile: text`
      ARG VERSION
      FROM BASE-$VERSION
      COPY salt /
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: { '3 COPY': because('base-image-changed', '`VERSION`') },
  },
  {
    name: 'an ARG in a LABEL and a CMD',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN echo a
      ARG VERSION
      LABEL version=$VERSION
      CMD ["echo", "$VERSION"]
      COPY salt /again
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: {},
  },
  {
    name: 'an ENV that takes its value from an ARG',
    files: {
      Dockerfile: text`
      FROM busybox AS build
      COPY salt /
      ARG VERSION
      ENV APP_VERSION=v$VERSION
      RUN echo a
    `,
    },
    flags: argument('1'),
    change: { flags: argument('2') },
    misses: { '5 RUN': variable('VERSION', 'APP_VERSION') },
  },
  {
    name: 'the value of an ENV',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ENV VERSION=1
      COPY salt /again
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['=1', '=2']) } },
    misses: { '5 RUN': because('variable-changed', '`VERSION`', 'line 3') },
  },
  {
    name: 'an ENV of a parent stage',
    files: {
      Dockerfile: text`
      FROM busybox AS base
      COPY salt /
      ENV VERSION=1
      FROM base
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['=1', '=2']) } },
    misses: { '5 RUN': because('variable-changed', '`VERSION`', 'line 3') },
  },
  {
    name: 'an ENV that is gone',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ENV VERSION=1
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['ENV VERSION=1\n', '']) } },
    misses: { '3 RUN': variable('VERSION') },
  },
  {
    name: 'an ENV written in another way',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ENV VERSION=1
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['ENV VERSION=1', 'ENV VERSION="1"']) } },
    misses: {},
  },
  {
    name: 'the order of two ENV',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ENV A=1 B=2
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['A=1 B=2', 'B=2 A=1']) } },
    misses: { '4 RUN': variable('A', 'B') },
  },
  {
    name: 'SOURCE_DATE_EPOCH, which COPY and WORKDIR know as well',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      WORKDIR /app
    `,
    },
    flags: ['--build-arg', 'SOURCE_DATE_EPOCH=1700000000'],
    change: { flags: ['--build-arg', 'SOURCE_DATE_EPOCH=1700000001'] },
    misses: { '2 COPY': variable('SOURCE_DATE_EPOCH'), '3 WORKDIR': below('2 COPY') },
  },
  {
    name: 'a variable and the text of the same step',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ENV VERSION=1
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['=1', '=2'], ['echo a', 'echo b']) } },
    misses: { '4 RUN': because('instruction-changed', '- RUN echo a', '+ RUN echo b', '`VERSION`') },
  },
  {
    name: 'USER',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      USER 1000
      COPY salt /again
      RUN id
    `,
    },
    change: { files: { Dockerfile: edit(['1000', '1001']) } },
    misses: { '5 RUN': edited('- USER 1000', '+ USER 1001') },
  },
  {
    name: 'a new USER above the RUN, in the parent stage',
    files: {
      Dockerfile: text`
      FROM busybox AS base
      COPY salt /
      FROM base
      COPY salt /again
      RUN id
    `,
    },
    change: { files: { Dockerfile: edit(['FROM base', 'USER 1000\nFROM base']) } },
    misses: { '6 RUN': edited('+ USER 1000') },
  },
  {
    name: 'WORKDIR',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      WORKDIR /one
      RUN pwd
    `,
    },
    change: { files: { Dockerfile: edit(['/one', '/two']) } },
    misses: { '3 WORKDIR': edited('- WORKDIR /one', '+ WORKDIR /two'), '4 RUN': below('3 WORKDIR') },
  },
  {
    name: 'SHELL',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      SHELL ["/bin/sh", "-c"]
      COPY salt /again
      RUN echo a
    `,
    },
    change: { files: { Dockerfile: edit(['"-c"', '"-ec"']) } },
    misses: { '5 RUN': edited('- SHELL ["/bin/sh", "-c"]', '+ SHELL ["/bin/sh", "-ec"]') },
  },
  {
    name: 'SHELL above a RUN that takes none',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      SHELL ["/bin/sh", "-c"]
      RUN ["echo", "a"]
    `,
    },
    change: { files: { Dockerfile: edit(['"-c"', '"-ec"']) } },
    misses: {},
  },
];
