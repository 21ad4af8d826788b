/** @type {import('jest').Config} */
export default {
  globalSetup: '<rootDir>/test/helpers/jest-environment.ts',
  // See docs/decisions/0103-tests-run-without-a-vm-context.md.
  runtime: '<rootDir>/test/helpers/native-runtime.cjs',
  testEnvironment: '<rootDir>/test/helpers/jest-test-environment.cjs',
  testSequencer: '<rootDir>/test/helpers/longest-first.cjs',
  testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/packages/*/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    // Measures performance, so it must run without other tests: npm run test:noise.
    '/test/embedded/noisy-neighbor\\.test\\.ts$',
    // Needs a browser: npm run test:console.
    '/test/console/',
    // Need the last release: npm run test:upgrade.
    '/test/upgrade/',
    // Take too long: npm run test:faults, npm run test:deaths, npm run test:scale, npm run test:meetings, npm run test:benchmarks, npm run test:snippets.
    '/test/faults/',
    '/test/store/plans\\.test\\.ts$',
    '/test/store/step-meetings\\.test\\.ts$',
    '/test/benchmarks/',
    '/test/unit/tools/documents-snippets\\.test\\.ts$',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  // Node's own streams and fetch use these functions too.
  fakeTimers: { doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] },
  // Only for globalSetup: Node itself loads the tests.
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } } }] },
  modulePathIgnorePatterns: [
    '<rootDir>/cdk.out',
    '<rootDir>/.errand',
    '<rootDir>/dist',
    '<rootDir>/packages/[^/]+/dist',
  ],
  // Three times the number of cores in CI, because many tests wait for leases and timers.
  maxWorkers: 6,
  testTimeout: 60_000,
};
