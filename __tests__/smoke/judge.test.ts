import { expect, test } from '@jest/globals';
import { type ContainerState, judge } from '../../src/smoke/judge.ts';

const state = (change: Partial<ContainerState>): ContainerState => ({
  status: 'exited',
  exitCode: 0,
  oomKilled: false,
  error: '',
  seconds: 1.24,
  ...change,
});

test.each([
  [state({}), 'passed', 'exit', 'app ended with exit code 0 after 1.2 s'],
  [state({ status: 'running' }), 'passed', 'running', 'app is still running after 3 s'],
  [state({ exitCode: 1 }), 'failed', 'exit', 'app ended with exit code 1 after 1.2 s; 0 was expected'],
  [
    state({ exitCode: 127 }),
    'failed',
    'exit',
    'app ended with exit code 127 (command not found) after 1.2 s; 0 was expected',
  ],
  [
    state({ exitCode: 126 }),
    'failed',
    'exit',
    'app ended with exit code 126 (the command is not executable) after 1.2 s; 0 was expected',
  ],
  [
    state({ exitCode: 139 }),
    'failed',
    'exit',
    'app ended with exit code 139 (ended by signal 11) after 1.2 s; 0 was expected',
  ],
  [state({ exitCode: 137, oomKilled: true }), 'failed', 'exit', 'app was killed after 1.2 s: out of memory'],
  [
    state({ status: 'created', exitCode: 127, error: 'exec: "app": not found' }),
    'failed',
    'exit',
    'app did not start: exec: "app": not found',
  ],
])('%j', (seen, outcome, check, evidence) => {
  expect(judge(seen, 'app', 3)).toMatchObject({ outcome, check, evidence });
});
