// The order in which test files begin: those that take minutes first, the longest ahead, so that none of them runs alone
// in the end. JavaScript, because Jest loads it before it can transform anything.

import jest from '@jest/test-sequencer';

const LONGEST = [
  'engine/cache',
  'engine/actions-cache',
  'engine/explain-jobs',
  'engine/fixes',
  'engine/actions-cache-down',
  'engine/rules',
  'engine/smoke-table',
  'cache/cache-service',
  'engine/explain/variables',
  'engine/explain/files',
  'engine/explain/instructions',
  'engine/explain/stages',
  'engine/smoke',
  'engine/build',
  'context/states',
  'lint/robust',
  'engine/explain/jobs',
  'context/ignore.engine',
].map((name) => `/__tests__/${name}.test.ts`);

// Jest hands over a module of CommonJS now as such, now as an ES module.
export default class extends (jest.default ?? jest) {
  sort(tests) {
    const rank = ({ path }) => {
      const at = LONGEST.findIndex((name) => path.endsWith(name));
      return at < 0 ? LONGEST.length : at;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
}
