// TypeScript is transformed file by file (types are checked by `npm run check`); modules stay ES modules,
// because @actions/* export nothing else.
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } }],
  },
  // Builds on a real engine take their time; what hangs ends here.
  testTimeout: 120_000,
  // One file at a time on the engines of a worker, for the cache's tests empty them. script/test has more workers.
  maxWorkers: 1,
  testSequencer: './__tests__/support/order.js',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
};
