import { expect, test } from '@jest/globals';
import { dockerBuild } from '../../src/build/arguments.ts';
import { type InputName, readInputs } from '../../src/inputs.ts';

const call = (given: Partial<Record<InputName, string>>) =>
  dockerBuild(readInputs((name) => given[name] ?? null).inputs, 'Dockerfile', ['--progress=rawjson']);

test('nothing asked for', () => {
  expect(call({})).toEqual({ args: ['build', '--progress=rawjson', '--file', 'Dockerfile', '--', '.'], env: {} });
});

test('each input becomes its flag, each item a flag of its own', () => {
  const { args } = call({
    context: 'app',
    tags: 'a:1, b:2\nc',
    target: 'build',
    'build-args': 'A=1,2\nB=x y',
    labels: 'l=1',
    platforms: 'linux/amd64,linux/arm64',
    pull: 'true',
    'no-cache': 'false',
    'no-cache-filters': 'one,two',
    network: 'host',
  });
  expect(args.slice(4)).toEqual([
    ...[
      '--tag',
      'a:1',
      '--tag',
      'b:2',
      '--tag',
      'c',
      '--target',
      'build',
      '--build-arg',
      'A=1,2',
      '--build-arg',
      'B=x y',
    ],
    ...['--label', 'l=1', '--platform', 'linux/amd64,linux/arm64', '--network', 'host', '--pull'],
    ...['--no-cache-filter', 'one', '--no-cache-filter', 'two', '--', 'app'],
  ]);
});

test('the value of a secret is in the environment, not in the arguments', () => {
  const { args, env } = call({ secrets: 'npm=abc=def', 'secret-envs': 'git=GIT_TOKEN', 'secret-files': 'key=dir/a,b' });
  expect(args).toEqual(
    expect.arrayContaining(['id=npm,env=CACHED_DOCKER_BUILD_SECRET_0', 'id=git,env=GIT_TOKEN', 'id=key,"src=dir/a,b"']),
  );
  expect(env).toEqual({ CACHED_DOCKER_BUILD_SECRET_0: 'abc=def' });
});

test('what looks like a flag stays a value', () => {
  expect(call({ context: '--help' }).args.slice(-2)).toEqual(['--', '--help']);
});
