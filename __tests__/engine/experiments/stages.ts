// What goes from stage to stage and from image to image.

import { because, below, type Experiment, edit, edited, files, text } from './experiment.ts';

const TWO = {
  Dockerfile: text`
    FROM busybox AS build
    COPY salt a.txt /
    RUN sort /a.txt /salt > /out && ls / > /list
    FROM busybox
    COPY --from=build /out /out
    RUN echo last
  `,
  'a.txt': 'one\n',
};
const PARENT = {
  Dockerfile: text`
    FROM busybox AS base
    COPY salt /
    RUN echo base
    FROM base AS one
    RUN echo one > /one
    FROM base
    COPY --from=one /one /one
  `,
};
const MOUNT = {
  Dockerfile: text`
    FROM busybox AS build
    COPY salt a.txt /
    RUN sort /a.txt /salt > /out
    FROM busybox
    COPY salt /
    RUN --mount=type=bind,from=build,source=/out,target=/out cp /out /app
  `,
  'a.txt': 'one\n',
};
const BASE = {
  Dockerfile: text`
    FROM BASE
    COPY salt /
    RUN echo a
  `,
};
const FROM_IMAGE = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    COPY --from=BASE /version /version
  `,
};
const image = (more: string) => ({ BASE: `FROM busybox\nRUN echo SALT > /salt\n${more}\n` });
const edits = (...replacements: [string, string][]) => ({ files: { Dockerfile: edit(...replacements) } });

export const STAGES: Experiment[] = [
  {
    name: 'a stage runs again, what is copied from it changes',
    files: TWO,
    change: { files: { 'a.txt': 'two\n' } },
    misses: {
      '2 COPY': files('modified a.txt'),
      '3 RUN': below('2 COPY'),
      '5 COPY': below('2 COPY', 'through COPY --from'),
      '6 RUN': below('2 COPY'),
    },
  },
  {
    name: 'a stage runs again, what is copied from it stays the same',
    files: TWO,
    change: edits(['/list', '/list2']),
    misses: {
      '3 RUN': because('instruction-changed', '- … && ls / > /list\n', '+ … && ls / > /list2'),
    },
  },
  {
    name: 'a stage runs again with the same result, and the copy is edited',
    files: TWO,
    change: edits(['/list', '/list2'], ['/out /out', '/out /new']),
    misses: {
      '3 RUN': because('instruction-changed', '/list2'),
      '5 COPY': edited('- COPY --from=build /out /out', '+ COPY --from=build /out /new'),
      '6 RUN': below('5 COPY'),
    },
  },
  {
    name: 'a change in a parent stage',
    files: PARENT,
    change: edits(['echo base', 'echo new']),
    misses: {
      '3 RUN': edited('- RUN echo base', '+ RUN echo new'),
      '5 RUN': below('3 RUN', 'through FROM base'),
      '7 COPY': below('3 RUN', 'through FROM base'),
    },
  },
  {
    name: 'changes in two stages',
    files: {
      ...TWO,
      Dockerfile: text`
      FROM busybox AS one
      COPY salt /
      RUN sort /salt > /one
      FROM busybox AS two
      COPY salt /other
      RUN sort /other > /two
      FROM busybox
      COPY --from=one /one /one
      COPY --from=two /two /two
    `,
    },
    change: edits(['sort /salt', 'sort -u /salt'], ['sort /other', 'sort -u /other']),
    misses: {
      '3 RUN': edited('- RUN sort /salt > /one', '+ RUN sort -u /salt > /one'),
      '6 RUN': edited('- RUN sort /other > /two', '+ RUN sort -u /other > /two'),
    },
  },
  {
    name: 'a stage is renamed',
    files: TWO,
    change: edits(['AS build', 'AS compile'], ['from=build', 'from=compile']),
    misses: {},
  },
  {
    name: 'a stage is renamed, and a step of it is edited',
    files: TWO,
    change: edits(['AS build', 'AS compile'], ['from=build', 'from=compile'], ['sort /a', 'sort -r /a']),
    misses: {
      '3 RUN': because('instruction-changed', '- RUN sort /a.txt', '+ RUN sort -r /a.txt'),
      '5 COPY': below('3 RUN', 'through COPY --from'),
      '6 RUN': below('3 RUN'),
    },
  },
  {
    name: 'a stage gets a name',
    files: {
      ...TWO,
      Dockerfile: text`
      FROM busybox
      COPY salt a.txt /
      FROM busybox
      COPY --from=0 /salt /out
    `,
    },
    change: edits(['FROM busybox', 'FROM busybox AS build'], ['--from=0', '--from=build']),
    misses: {},
  },
  {
    name: 'a stage is inserted, and the ones behind it get other numbers',
    files: TWO,
    change: edits(
      ['FROM busybox\n', 'FROM busybox\nCOPY salt /\nRUN echo new > /new\nFROM busybox\n'],
      ['RUN echo last', 'COPY --from=1 /new /new'],
    ),
    misses: {
      '5 COPY': because('first-build', 'The stage `stage-1` was no part'),
      '6 RUN': below('5 COPY'),
      '9 COPY': edited('- RUN echo last', '+ COPY --from=1 /new /new'),
    },
  },
  {
    name: 'stages change places',
    files: PARENT,
    change: {
      files: {
        Dockerfile: text`
          FROM busybox AS base
          COPY salt /
          RUN echo base
          FROM base AS zero
          RUN echo zero > /zero
          FROM base AS one
          RUN echo one > /one
          FROM base
          COPY --from=one /one /one
          COPY --from=zero /zero /zero
        `,
      },
    },
    misses: {
      '5 RUN': because('first-build', 'The stage `zero` was no part'),
      '10 COPY': because('instruction-changed', '+ COPY --from=zero /zero /zero'),
    },
  },
  {
    name: 'a stage that is not built',
    files: {
      ...TWO,
      Dockerfile: text`
      FROM busybox AS unused
      RUN echo one
      FROM busybox
      COPY salt /
    `,
    },
    change: edits(['echo one', 'echo two']),
    misses: {},
  },
  {
    name: 'what is mounted from a stage changes',
    files: MOUNT,
    change: { files: { 'a.txt': 'two\n' } },
    misses: {
      '2 COPY': files('modified a.txt'),
      '3 RUN': below('2 COPY'),
      '6 RUN': below('2 COPY', 'through RUN --mount'),
    },
  },
  {
    name: 'what is mounted from a stage stays the same',
    files: MOUNT,
    change: edits(['sort', 'sort -u']),
    misses: { '3 RUN': edited('- RUN sort /a.txt /salt > /out', '+ RUN sort -u /a.txt /salt > /out') },
  },
  {
    name: 'ONBUILD triggers of a parent stage',
    files: {
      'a.txt': 'one',
      Dockerfile: text`
      FROM busybox AS base
      COPY salt /
      ONBUILD COPY a.txt /a.txt
      FROM base
      RUN echo a
    `,
    },
    change: { files: { 'a.txt': 'two' } },
    misses: { '3 COPY': files('modified a.txt'), '5 RUN': below('3 COPY') },
  },
  {
    name: 'a base image that moved',
    files: BASE,
    images: image('RUN echo one > /version'),
    change: { images: image('RUN echo two > /version') },
    misses: { '2 COPY': because('base-image-changed', 'BASE', 'sha256:'), '3 RUN': below('2 COPY') },
  },
  {
    name: 'a base image that moved, and only its label is another one',
    files: BASE,
    images: image('LABEL version=1'),
    change: { images: image('LABEL version=2') },
    misses: {},
  },
  {
    name: 'a base image that moved, and only a variable in it is another one',
    only: 'containerd',
    files: BASE,
    images: image('ENV VERSION=1'),
    change: { images: image('ENV VERSION=2') },
    misses: { '3 RUN': because('base-image-changed', 'BASE', '`VERSION`') },
  },
  {
    name: 'a base image that moved, and only a variable in it is another one: this store goes by its layers',
    only: 'overlay2',
    files: BASE,
    images: image('ENV VERSION=1'),
    change: { images: image('ENV VERSION=2') },
    misses: { '3 RUN': because('variable-changed', '`VERSION` (of the base image)') },
  },
  {
    name: 'another base image',
    files: BASE,
    images: { BASE: 'FROM busybox\nRUN echo SALT > /one\n', OTHER: 'FROM busybox\nRUN echo SALT > /two\n' },
    change: edits(['FROM BASE', 'FROM OTHER']),
    misses: { '2 COPY': because('instruction-changed', '- FROM BASE', '+ FROM OTHER'), '3 RUN': below('2 COPY') },
  },
  {
    name: 'the base image of a parent stage',
    files: {
      Dockerfile: text`
      FROM BASE AS base
      WORKDIR /app
      FROM base
      COPY salt /
    `,
    },
    images: image('RUN echo one > /version'),
    change: { images: image('RUN echo two > /version') },
    misses: { '2 WORKDIR': because('base-image-changed', 'BASE'), '4 COPY': below('2 WORKDIR', 'through FROM base') },
  },
  {
    name: 'an image that files are copied from: these changed',
    files: FROM_IMAGE,
    images: image('RUN echo one-SALT > /version'),
    change: { images: image('RUN echo two-SALT > /version') },
    misses: { '3 COPY': because('base-image-changed', 'BASE') },
  },
  {
    name: 'an image that files are copied from: these stayed the same',
    files: FROM_IMAGE,
    images: image('RUN echo one-SALT > /version'),
    change: { images: image('RUN echo one-SALT > /version && echo new > /other') },
    misses: {},
  },
  {
    name: 'two platforms',
    only: 'containerd',
    files: { Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY salt /\nCOPY a.txt /$TARGETARCH\n', 'a.txt': 'one' },
    flags: ['--platform', 'linux/amd64,linux/arm64'],
    change: { files: { 'a.txt': 'two' } },
    misses: { 'linux/amd64 4 COPY': files('modified a.txt'), 'linux/arm64 4 COPY': files('modified a.txt') },
  },
  {
    name: 'two platforms, each with a file of its own',
    only: 'containerd',
    files: {
      Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY salt /\nCOPY $TARGETARCH.txt /\n',
      'arm64.txt': 'one',
      'amd64.txt': 'one',
    },
    flags: ['--platform', 'linux/amd64,linux/arm64'],
    change: { files: { 'arm64.txt': 'two' } },
    // What the builder makes of the variable is not followed.
    misses: { 'linux/arm64 4 COPY': because('unknown', 'the files that it reads are not recorded') },
  },
];
