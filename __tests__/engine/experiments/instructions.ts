// What changes in the text of a Dockerfile, within a stage.

import { because, below, type Experiment, edit, edited, text } from './experiment.ts';

const THREE = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    RUN echo one
    RUN echo two
    RUN echo three
  `,
};
const TEXTS = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    RUN echo one && \
      echo two
    COPY --chown=1 a.txt /a
  `,
  // A COPY --link stands on nothing that is salted.
  'a.txt': 'SALT',
};
const HEREDOCS = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    COPY <<EOF /config
    level=1
    name=a
    EOF
    RUN <<EOF
    echo one
    echo two
    EOF
  `,
};
const METADATA = {
  Dockerfile: text`
    FROM busybox
    LABEL version=1
    CMD ["echo", "1"]
    ENTRYPOINT ["env", "1"]
    EXPOSE 8001
    HEALTHCHECK CMD echo 1
    STOPSIGNAL SIGINT
    VOLUME /data1
    COPY salt /
    RUN echo a
  `,
};
const LINK = {
  Dockerfile: text`
    FROM busybox
    COPY salt /
    RUN echo one
    COPY --link salt /again
  `,
};
const edits = (...replacements: [string, string][]) => ({ files: { Dockerfile: edit(...replacements) } });

export const INSTRUCTIONS: Experiment[] = [
  {
    name: 'an edited RUN',
    files: THREE,
    change: edits(['two', '2']),
    misses: { '4 RUN': edited('- RUN echo two', '+ RUN echo 2'), '5 RUN': below('4 RUN') },
  },
  {
    name: 'two edited RUN of one chain: the second is a consequence',
    files: THREE,
    change: edits(['one', '1'], ['three', '3']),
    misses: { '3 RUN': edited('- RUN echo one', '+ RUN echo 1'), '4 RUN': below('3 RUN'), '5 RUN': below('3 RUN') },
  },
  {
    name: 'an inserted RUN',
    files: THREE,
    change: edits(['RUN echo two', 'RUN echo new\nRUN echo two']),
    misses: { '4 RUN': edited('+ RUN echo new'), '5 RUN': below('4 RUN'), '6 RUN': below('4 RUN') },
  },
  {
    name: 'an appended RUN',
    files: THREE,
    change: edits(['RUN echo three', 'RUN echo three\nRUN echo four']),
    misses: { '6 RUN': edited('+ RUN echo four') },
  },
  {
    name: 'a removed RUN',
    files: THREE,
    change: edits(['RUN echo two\n', '']),
    misses: { '4 RUN': edited('- RUN echo two') },
  },
  {
    name: 'a removed last RUN',
    files: THREE,
    change: edits(['RUN echo three\n', '']),
    misses: {},
  },
  {
    name: 'two RUN that change places',
    files: THREE,
    change: edits(['echo one', 'echo X'], ['echo two', 'echo one'], ['echo X', 'echo two']),
    misses: {
      '3 RUN': because('instruction-changed', 'It stands below `COPY salt /`', '- RUN echo one'),
      '4 RUN': below('3 RUN'),
      '5 RUN': below('3 RUN'),
    },
  },
  {
    name: 'a RUN that stands there twice loses one',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN echo a >> /log
      RUN echo a >> /log
      RUN echo b >> /log
    `,
    },
    change: edits(['RUN echo a >> /log\n', '']),
    misses: { '4 RUN': edited('- RUN echo a >> /log') },
  },
  {
    name: 'a RUN moved into the other',
    files: THREE,
    change: edits(['one\nRUN echo two', 'one && echo two']),
    misses: {
      '3 RUN': because('instruction-changed', '- RUN echo one', '+ RUN echo one && echo two'),
      '4 RUN': below('3 RUN'),
    },
  },
  {
    name: 'comments, empty lines, indentation and the case of keywords',
    files: TEXTS,
    change: edits(['COPY salt', '# a comment\n\n  copy   salt'], ['RUN', 'run'], ['  echo', '# another\n  echo']),
    misses: {},
  },
  {
    name: 'the indentation of a line that goes on',
    files: TEXTS,
    change: edits(['  echo two', '    echo two']),
    misses: { '3 RUN': because('instruction-changed', 'Only white space'), '5 COPY': below('3 RUN') },
  },
  {
    name: 'spaces between the words of an exec form',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN ["echo", "a"]
    `,
    },
    change: edits(['"echo", "a"', '"echo","a"']),
    misses: {},
  },
  {
    name: 'an exec form in place of the shell form',
    files: THREE,
    change: edits(['RUN echo three', 'RUN ["echo", "three"]']),
    misses: { '5 RUN': edited('- RUN echo three', '+ RUN ["echo", "three"]') },
  },
  {
    name: 'the text of a heredoc that is run',
    files: HEREDOCS,
    change: edits(['echo two', 'echo 2']),
    misses: { '7 RUN': edited('- echo two', '+ echo 2') },
  },
  {
    name: 'the text of a heredoc that is copied',
    files: HEREDOCS,
    change: edits(['level=1', 'level=2']),
    misses: { '3 COPY': edited('- level=1', '+ level=2'), '7 RUN': below('3 COPY') },
  },
  {
    name: 'instructions that only describe the image, every one of them',
    files: METADATA,
    change: edits(
      ['version=1', 'version=2'],
      ['["echo", "1"]', '["echo", "2"]'],
      ['["env", "1"]', '["env", "2"]'],
      ['8001', '8002'],
      ['echo 1', 'echo 2'],
      ['SIGINT', 'SIGTERM'],
      ['/data1', '/data2'],
    ),
    misses: {},
  },
  {
    name: 'instructions that only describe the image, removed and inserted',
    files: METADATA,
    change: edits(['LABEL version=1\n', ''], ['EXPOSE 8001\n', ''], ['COPY', 'LABEL a=b\nMAINTAINER me\nCOPY']),
    misses: {},
  },
  {
    name: '--chown of a COPY',
    files: TEXTS,
    change: edits(['--chown=1', '--chown=2']),
    misses: { '5 COPY': edited('- COPY --chown=1 a.txt /a', '+ COPY --chown=2 a.txt /a') },
  },
  {
    name: '--chmod of a COPY',
    files: TEXTS,
    change: edits(['--chown=1', '--chown=1 --chmod=600']),
    misses: { '5 COPY': edited('- COPY --chown=1 a.txt /a', '+ COPY --chown=1 --chmod=600 a.txt /a') },
  },
  {
    name: '--link of a COPY, where the engine links',
    only: 'containerd',
    files: TEXTS,
    change: edits(['--chown=1', '--chown=1 --link']),
    misses: { '5 COPY': edited('- COPY --chown=1 a.txt /a', '+ COPY --chown=1 --link a.txt /a') },
  },
  {
    name: '--link of a COPY, where the engine copies all the same',
    only: 'overlay2',
    files: TEXTS,
    change: edits(['--chown=1', '--chown=1 --link']),
    misses: {},
  },
  {
    name: 'a RUN above a COPY --link, where the engine links',
    only: 'containerd',
    files: LINK,
    change: edits(['one', '1']),
    misses: { '3 RUN': edited('- RUN echo one', '+ RUN echo 1') },
  },
  {
    name: 'a RUN above a COPY --link, where the engine copies all the same',
    only: 'overlay2',
    files: LINK,
    change: edits(['one', '1']),
    misses: { '3 RUN': edited('- RUN echo one', '+ RUN echo 1'), '4 COPY': below('3 RUN') },
  },
  {
    name: 'the destination of a COPY',
    files: TEXTS,
    change: edits(['/a', '/b']),
    misses: { '5 COPY': edited('- COPY --chown=1 a.txt /a', '+ COPY --chown=1 a.txt /b') },
  },
  {
    name: 'the source of a COPY, with the same content in it',
    files: { ...TEXTS, 'b.txt': 'SALT' },
    change: edits(['a.txt /a', 'b.txt /a']),
    misses: { '5 COPY': because('instruction-changed', '- COPY --chown=1 a.txt /a', '+ COPY --chown=1 b.txt /a') },
  },
  {
    name: 'the id of a cache mount',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN --mount=type=cache,target=/cache,id=SALT-1 ls /cache
    `,
    },
    change: edits(['-1', '-2']),
    misses: {},
  },
  {
    name: 'the target of a cache mount',
    files: {
      Dockerfile: text`
      FROM busybox
      COPY salt /
      RUN --mount=type=cache,target=/one,id=SALT true
    `,
    },
    change: edits(['/one', '/two']),
    misses: {
      '3 RUN': because(
        'instruction-changed',
        '- RUN --mount=type=cache,target=/one',
        '+ RUN --mount=type=cache,target=/two',
      ),
    },
  },
  {
    name: '--network of a RUN',
    files: THREE,
    change: edits(['RUN echo three', 'RUN --network=none echo three']),
    misses: { '5 RUN': edited('- RUN echo three', '+ RUN --network=none echo three') },
  },
];
