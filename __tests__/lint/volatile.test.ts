import { expect, test } from '@jest/globals';
import { volatility } from '../../src/lint/volatile.ts';

test.each([
  ['GIT_SHA', null, 'commit'],
  ['GIT_COMMIT', 'unknown', 'commit'],
  ['COMMIT', '""', 'commit'],
  ['COMMIT_HASH', '"dev"', 'commit'],
  ['CI_COMMIT_SHORT_SHA', null, 'commit'],
  ['GITHUB_SHA', null, 'commit'],
  ['VCS_REF', null, 'commit'],
  ['REVISION', null, 'commit'],
  ['SOURCE_DATE_EPOCH', '0', 'commit'],
  ['VITE_APP_GIT_SHA', null, 'commit'],
  ['gitsha', null, 'commit'],
  ['BUILD_DATE', null, 'build'],
  ['BUILDTIME', null, 'build'],
  ['BUILD_NUMBER', 'local', 'build'],
  ['GITHUB_RUN_ID', null, 'build'],
  ['CI_PIPELINE_IID', null, 'build'],
  ['TIMESTAMP', 'now', 'build'],
  // Pinned things, and what changes with releases.
  ['GIT_SHA', '0123abc', null],
  ['BUILD_DATE', '2026-01-01', null],
  ['LLVM_COMMIT', null, null],
  ['NODE_SHA256', null, null],
  ['ZULIP_GIT_REF', null, null],
  ['VERSION', null, null],
  ['GIT_REPO', null, null],
  ['BUILD_TYPE', null, null],
  ['BUILD_DIR', null, null],
  ['COMMITTER', null, null],
  ['RUN_TESTS', null, null],
])('%s=%s changes with every %s', (name, fallback, expected) => {
  expect(volatility(name, fallback, null)?.changes ?? null).toBe(expected);
});

const sha = '0123456789abcdef0123456789abcdef01234567';

test.each([
  ['VERSION', sha, 'commit'],
  ['APP_VERSION', `1.2-3-g${sha}`, 'commit'],
  ['ANYTHING', '2026-01-31T12:00:00Z', 'build'],
  ['ANYTHING', '20260131-120000', 'build'],
  ['ANYTHING', '1767225600', 'build'],
  ['LLVM_VERSION', sha, null],
  ['VERSION', '1.2.3', null],
  ['ANYTHING', '2026-01-31', null],
  ['ANYTHING', '8080', null],
])('%s with the value %s changes with every %s, surely', (name, given, changes) => {
  expect(volatility(name, '1', given)).toEqual(changes === null ? null : { changes, sure: true });
  expect(volatility(name, given, given)).toBeNull();
});
