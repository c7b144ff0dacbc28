// What changes in the build context, and which steps that concerns.

import {
  because,
  below,
  type Experiment,
  edit,
  edited,
  emptyDirectory,
  files,
  link,
  mode,
  moveTo,
  remove,
  replaceBy,
  text,
  touch,
} from './experiment.ts';

const DIRECTORY = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    COPY src /src
    RUN ls /src
  `,
  'src/a.txt': 'one',
  'src/b.txt': 'two',
};
const changed = (...evidence: string[]) => ({ '3 COPY': files(...evidence), '4 RUN': below('3 COPY') });

const ALL = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    COPY . /src
  `,
  '.dockerignore': 'Dockerfile\n.dockerignore\n*.log\n',
  'a.txt': 'one',
  'b.txt': 'two',
  'c.log': 'three',
};

export const FILES: Experiment[] = [
  {
    name: 'the content of a file, of the same size',
    files: DIRECTORY,
    change: { files: { 'src/a.txt': 'new' } },
    misses: changed('modified src/a.txt'),
  },
  {
    name: 'a file becomes executable',
    files: DIRECTORY,
    change: { files: { 'src/a.txt': mode(0o755) } },
    misses: changed('mode src/a.txt 644 → 755'),
  },
  {
    name: 'a file is added',
    files: DIRECTORY,
    change: { files: { 'src/c.txt': 'three' } },
    misses: changed('added src/c.txt'),
  },
  {
    name: 'a file is removed',
    files: DIRECTORY,
    change: { files: { 'src/b.txt': remove } },
    misses: changed('removed src/b.txt'),
  },
  {
    name: 'a file is renamed',
    files: DIRECTORY,
    change: { files: { 'src/b.txt': moveTo('c.txt') } },
    misses: { '3 COPY': because('files-changed', 'src/b.txt', 'src/c.txt'), '4 RUN': below('3 COPY') },
  },
  {
    name: 'a new empty directory',
    files: DIRECTORY,
    change: { files: { 'src/new': emptyDirectory } },
    misses: changed('added src/new'),
  },
  {
    name: 'the target of a link',
    files: { ...DIRECTORY, 'src/link': link('a.txt') },
    change: { files: { 'src/link': link('b.txt') } },
    misses: changed('modified src/link'),
  },
  {
    name: 'a file becomes a directory',
    files: DIRECTORY,
    change: { files: { 'src/b.txt': remove, 'src/b.txt/c.txt': 'two' } },
    misses: { '3 COPY': because('files-changed', 'src/b.txt', 'src/b.txt/c.txt'), '4 RUN': below('3 COPY') },
  },
  {
    name: 'a link becomes a file with the content that was behind it',
    files: { ...DIRECTORY, 'src/link': link('a.txt') },
    change: { files: { 'src/link': replaceBy('one') } },
    misses: { '3 COPY': because('files-changed', 'src/link'), '4 RUN': below('3 COPY') },
  },
  {
    name: 'only the time of a file',
    files: DIRECTORY,
    change: { files: { 'src/a.txt': touch } },
    misses: {},
  },
  {
    name: 'the mode of a directory',
    files: DIRECTORY,
    change: { files: { src: mode(0o700) } },
    misses: {},
  },
  {
    name: 'a file whose name has a space and a backtick in it',
    files: DIRECTORY,
    change: { files: { 'src/a `new` file ü.txt': 'three' } },
    misses: { '3 COPY': because('files-changed', 'a ', 'new', ' file ü.txt'), '4 RUN': below('3 COPY') },
  },
  {
    name: 'thirteen files: the first ten are named, the others counted',
    files: DIRECTORY,
    change: { files: Object.fromEntries([...'abcdefghijklm'].map((name) => [`src/${name}`, name])) },
    misses: { '3 COPY': because('files-changed', '13 files', 'added src/a'), '4 RUN': below('3 COPY') },
  },
  {
    name: 'an ignored file',
    files: ALL,
    change: { files: { 'c.log': 'new', 'd.log': 'four' } },
    misses: {},
  },
  {
    name: '.dockerignore lets more files in',
    files: ALL,
    change: { files: { '.dockerignore': edit(['*.log', '*.txt.log']) } },
    misses: { '3 COPY': files('added c.log') },
  },
  {
    name: '.dockerignore keeps more files out',
    files: ALL,
    change: { files: { '.dockerignore': edit(['*.log', '*.log\nb.*']) } },
    misses: { '3 COPY': files('removed b.txt') },
  },
  {
    name: '.dockerignore changes and selects the same files',
    files: ALL,
    change: { files: { '.dockerignore': edit(['*.log', '**/*.log\nnothing']) } },
    misses: {},
  },
  {
    name: 'a file beside the Dockerfile is an ignore file of its own',
    files: ALL,
    change: { files: { 'Dockerfile.dockerignore': 'Dockerfile*\n.dockerignore\nb.txt\n' } },
    misses: { '3 COPY': files('removed b.txt', 'added c.log') },
  },
  {
    name: 'files that no step needs: documents, .git, an editor’s',
    files: { ...ALL, '.dockerignore': 'Dockerfile\n', '.git/HEAD': 'one', 'README.md': 'one' },
    change: { files: { '.git/HEAD': 'two', 'README.md': 'two', '.a.txt.swp': 'one', 'a.txt': 'new' } },
    misses: {
      '3 COPY': because('files-changed', 'modified a.txt', '.git/HEAD', 'README.md', '.a.txt.swp', '.dockerignore'),
    },
  },
  {
    name: 'COPY of everything takes the Dockerfile along',
    files: { ...ALL, '.dockerignore': '*.log' },
    change: { files: { Dockerfile: edit(['/src', '/src\nLABEL a=b']) } },
    misses: { '3 COPY': files('modified Dockerfile') },
  },
  {
    name: 'a wildcard matches a new file',
    files: {
      ...DIRECTORY,
      Dockerfile: text`
      FROM busybox
      COPY salt /
      COPY src/*.txt /
    `,
    },
    change: { files: { 'src/c.txt': 'three' } },
    misses: { '3 COPY': files('added src/c.txt') },
  },
  {
    name: 'a wildcard does not match a new file',
    files: {
      ...DIRECTORY,
      Dockerfile: text`
      FROM busybox
      COPY salt /
      COPY src/*.txt /
    `,
    },
    change: { files: { 'src/c.md': 'three' } },
    misses: {},
  },
  {
    name: 'a file that is not copied',
    files: DIRECTORY,
    change: { files: { 'other/a.txt': 'one', 'a.txt': 'one' } },
    misses: {},
  },
  {
    name: 'one of several sources',
    files: {
      ...DIRECTORY,
      Dockerfile: text`
      FROM busybox
      COPY salt /
      COPY src/a.txt src/b.txt /
    `,
    },
    change: { files: { 'src/b.txt': 'new' } },
    misses: { '3 COPY': files('modified src/b.txt') },
  },
  {
    name: 'ADD of a file',
    files: {
      ...DIRECTORY,
      Dockerfile: text`
      FROM busybox
      COPY salt /
      ADD src/a.txt /
    `,
    },
    change: { files: { 'src/a.txt': 'new' } },
    misses: { '3 ADD': files('modified src/a.txt') },
  },
  {
    name: 'two COPY of one file in two stages are two roots',
    files: {
      ...DIRECTORY,
      Dockerfile: text`
      FROM busybox AS one
      COPY salt /
      COPY src/a.txt /x
      FROM busybox
      COPY salt /salt2
      COPY src/a.txt /y
      COPY --from=one /x /x
    `,
    },
    change: { files: { 'src/a.txt': 'new' } },
    misses: { '3 COPY': files('modified src/a.txt'), '6 COPY': files('modified src/a.txt'), '7 COPY': below('6 COPY') },
  },
  {
    name: 'a file behind a bind mount',
    files: {
      ...DIRECTORY,
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN --mount=type=bind,source=src,target=/src ls /src
    `,
    },
    change: { files: { 'src/b.txt': 'new' } },
    misses: { '3 RUN': files('modified src/b.txt') },
  },
  {
    name: 'a file beside what a bind mount reads',
    files: {
      ...DIRECTORY,
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN --mount=type=bind,source=src/a.txt,target=/a.txt cat /a.txt
    `,
    },
    change: { files: { 'src/b.txt': 'new', 'other.txt': 'new' } },
    misses: {},
  },
  {
    name: 'a file of the context below a step that changed: a consequence',
    files: DIRECTORY,
    change: { files: { Dockerfile: edit(['salt /', 'salt /other']), 'src/a.txt': 'new' } },
    misses: {
      '2 COPY': edited('- COPY salt /', '+ COPY salt /other'),
      '3 COPY': below('2 COPY'),
      '4 RUN': below('2 COPY'),
    },
  },
  {
    name: 'a file of a further context',
    files: {
      ...DIRECTORY,
      Dockerfile: text`
      FROM busybox
      COPY salt /
      COPY --from=more a.txt /
    `,
    },
    flags: ['--build-context', 'more=CONTEXT/src'],
    change: { files: { 'src/a.txt': 'new' } },
    misses: { '3 COPY': because('files-changed', 'a.txt') },
  },
];
