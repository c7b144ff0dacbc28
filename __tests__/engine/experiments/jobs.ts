// What changes in the flags of a build.

import { because, below, type Experiment, edit, edited, files, text } from './experiment.ts';

const TWO = {
  Dockerfile: text`
    FROM busybox AS build
    COPY salt /
    RUN cat /salt > /out
    FROM busybox AS other
    COPY salt /other
    RUN echo other
    FROM busybox AS last
    COPY salt /last
    COPY --from=build /out /out
  `,
};
const FAILS = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    COPY a.txt /
    RUN grep one /a.txt
    RUN echo below
  `,
};
const SECRET = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    RUN --mount=type=secret,id=word test "$(cat /run/secrets/word)" = good
    RUN echo below
  `,
};

export const JOBS: Experiment[] = [
  {
    name: 'nothing',
    files: TWO,
    change: {},
    misses: {},
  },
  {
    name: 'no-cache',
    files: TWO,
    change: { flags: ['--no-cache'] },
    misses: {
      '2 COPY': because('cache-disabled', 'no-cache'),
      '3 RUN': because('cache-disabled', 'no-cache'),
      '8 COPY': because('cache-disabled', 'no-cache'),
      '9 COPY': because('cache-disabled', 'no-cache'),
    },
  },
  {
    name: 'no-cache-filters: the stage runs, what is copied from it is the same',
    files: TWO,
    change: { flags: ['--no-cache-filter', 'build'] },
    misses: {
      '2 COPY': because('cache-disabled', 'no-cache-filters'),
      '3 RUN': because('cache-disabled', 'no-cache-filters'),
    },
  },
  {
    name: 'another target of the same cache: its steps were never built',
    files: TWO,
    flags: ['--cache-scope', 'shared'],
    change: { flags: ['--cache-scope', 'shared', '--target', 'other'] },
    misses: { '5 COPY': because('first-build', 'other'), '6 RUN': below('5 COPY') },
  },
  {
    name: 'a label',
    files: TWO,
    change: { flags: ['--label', 'a=b'] },
    misses: {},
  },
  {
    name: 'the network',
    files: TWO,
    change: { flags: ['--network', 'none'] },
    misses: { '3 RUN': because('instruction-changed', 'network') },
  },
  {
    name: 'further hosts',
    files: TWO,
    change: { flags: ['--add-host', 'example:127.0.0.9'] },
    misses: { '3 RUN': because('instruction-changed', 'add-hosts') },
  },
  {
    name: 'the platform by name, which is the engine’s own',
    files: TWO,
    flags: ['--cache-scope', 'shared'],
    change: { flags: ['--cache-scope', 'shared', '--platform', 'linux/amd64'] },
    misses: {},
  },
  {
    name: 'a build that failed is mended in the Dockerfile',
    files: { ...FAILS, 'a.txt': 'two' },
    change: { files: { Dockerfile: edit(['grep one', 'grep two']) } },
    misses: { '4 RUN': edited('- RUN grep one /a.txt', '+ RUN grep two /a.txt'), '5 RUN': below('4 RUN') },
  },
  {
    name: 'a build that failed is mended in a file',
    files: { ...FAILS, 'a.txt': 'two' },
    change: { files: { 'a.txt': 'one' } },
    misses: { '3 COPY': files('modified a.txt'), '4 RUN': below('3 COPY'), '5 RUN': below('3 COPY') },
  },
  {
    name: 'a build that failed for want of a secret',
    files: SECRET,
    flags: ['--secrets', 'word=wrong'],
    change: { flags: ['--secrets', 'word=good'] },
    misses: { '3 RUN': because('not-in-cache', 'failed'), '4 RUN': below('3 RUN') },
  },
  {
    name: 'a step that fails after it was edited',
    files: { ...FAILS, 'a.txt': 'one' },
    change: { files: { Dockerfile: edit(['grep one', 'grep two']) } },
    misses: { '4 RUN': { ...edited('- RUN grep one /a.txt', '+ RUN grep two /a.txt'), failed: true } },
  },
];
