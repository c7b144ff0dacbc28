// Output of real builds with DOCKER_BUILDKIT=0 (docker 28.5.2), each line a tenth of a second after the one before.

import { expect, test } from '@jest/globals';
import { Classic } from '../../src/build/classic.ts';
import { classicPlaces, describeSteps } from '../../src/build/steps.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';

const DOCKERFILE = `ARG BASE=tinybox:1
FROM \${BASE} AS build
ARG TOKEN=none
COPY a.txt .
RUN echo $TOKEN && sleep 1 && echo to-stderr >&2
FROM \${BASE}
COPY --from=build /a.txt /out
CMD ["cat","/out"]
`;

const FIRST = `Sending build context to Docker daemon  196.6kB
Step 1/8 : ARG BASE=tinybox:1
Step 2/8 : FROM \${BASE} AS build
 ---> 9ab12aa2a612
Step 3/8 : ARG TOKEN=none
 ---> Running in 4fca72a163dc
 ---> Removed intermediate container 4fca72a163dc
 ---> cb30152040e5
Step 4/8 : COPY a.txt .
 ---> a25297e6d662
Step 5/8 : RUN echo $TOKEN && sleep 1 && echo to-stderr >&2
 ---> Running in 33baa6faf6b1
s3cr3t-value
\u001b[91mto-stderr
\u001b[0m ---> Removed intermediate container 33baa6faf6b1
 ---> ea844d439c31
Step 6/8 : FROM \${BASE}
 ---> 9ab12aa2a612
Step 7/8 : COPY --from=build /a.txt /out
 ---> 539af42a9a09
Step 8/8 : CMD ["cat","/out"]
 ---> Running in 1c811ae70439
 ---> Removed intermediate container 1c811ae70439
 ---> 7a58669e7784
Successfully built 7a58669e7784
Successfully tagged c:1`;

function read(output: string, exitCode = 0, errors = '') {
  const reader = new Classic();
  let now = 0;
  const tick = () => {
    now += 100;
    return now;
  };
  const events = output.split('\n').flatMap((line) => reader.out(line, tick()));
  if (errors) events.push(...errors.split('\n').flatMap((line) => reader.err(line, tick())));
  events.push(...reader.close(now, exitCode));
  const places = classicPlaces(parseDockerfile(DOCKERFILE, 'Dockerfile').dockerfile, '');
  return {
    reader,
    events,
    steps: describeSteps(reader.trace().steps, places, new Map(), exitCode !== 0).map(({ step }) => step),
  };
}

test('a first build', () => {
  const { reader, events, steps } = read(FIRST);
  expect(reader.imageId).toBe('7a58669e7784');
  expect(steps.map(({ id, line, status, text }) => `${id} :${line} ${status} ${text}`)).toEqual([
    'stage-0/1 :1 hit ARG BASE=tinybox:1',
    'build/2 :2 hit FROM ${BASE} AS build',
    'build/3 :3 miss ARG TOKEN=none',
    'build/4 :4 miss COPY a.txt .',
    'build/5 :5 miss RUN echo $TOKEN && sleep 1 && echo to-stderr >&2',
    'stage-1/6 :6 hit FROM ${BASE}',
    'stage-1/7 :7 miss COPY --from=build /a.txt /out',
    'stage-1/8 :8 miss CMD ["cat","/out"]',
  ]);
  // From the line that begins it to the line that begins the next.
  expect(steps.map(({ seconds }) => seconds)).toEqual([0.1, 0.2, 0.4, 0.2, 0.6, 0.2, 0.2, 0.4]);
  expect(events.flatMap((event) => (event.kind === 'log' ? event.lines : []))).toEqual(['s3cr3t-value', 'to-stderr']);
});

test('a second build', () => {
  const cached = FIRST.replace(/ ---> Running in .*\n[\s\S]*?(?= ---> [0-9a-f]{12}\n)/g, ' ---> Using cache\n').replace(
    /(Step [47].*\n)/g,
    '$1 ---> Using cache\n',
  );
  expect(read(cached).steps.map(({ status }) => status)).toEqual(Array(8).fill('hit'));
});

test('a build that fails', () => {
  const { steps, reader } = read(
    FIRST.slice(0, FIRST.indexOf('\n\u001b[0m --->')),
    1,
    "The command '/bin/sh -c echo $TOKEN && exit 4' returned a non-zero code: 4",
  );
  expect(steps.map(({ status }) => status)).toEqual([
    'hit',
    'hit',
    'miss',
    'miss',
    'failed',
    'not-run',
    'not-run',
    'not-run',
  ]);
  expect(reader.trace().steps.at(-1)).toMatchObject({ error: 'exit code: 4', log: ['s3cr3t-value', 'to-stderr'] });
});

test('a base image that is pulled is a miss', () => {
  const pulled = FIRST.replace(
    'AS build\n',
    'AS build\nbookworm-slim: Pulling from library/debian\nDigest: sha256:0\n',
  );
  expect(read(pulled).steps[1]).toMatchObject({ instruction: 'FROM', status: 'miss' });
});

test('lines that a step prints in the builder’s words are its log', () => {
  const forged = ['Step 8/8 : CMD forged', ' ---> Using cache', 'Successfully built 0123456789ab'].join('\n');
  const { steps, reader } = read(FIRST.replace('s3cr3t-value', forged));
  expect(steps[4]).toMatchObject({ id: 'build/5', status: 'miss' });
  expect(steps).toHaveLength(8);
  expect(reader.imageId).toBe('7a58669e7784');
});
