/** @type {import('jest').Config} */
export default {
  globalSetup: '<rootDir>/test/helpers/jest-environment.ts',
  testEnvironment: '<rootDir>/test/helpers/jest-test-environment.cjs',
  // The packages of this repository run from their sources.
  testEnvironmentOptions: { customExportConditions: ['errand-source', 'node', 'node-addons'] },
  testSequencer: '<rootDir>/test/helpers/longest-first.cjs',
  testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/packages/*/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    // It measures, so it needs the machine to itself: npm run test:noise.
    '/test/embedded/noisy-neighbor\\.test\\.ts$',
    // It needs a browser: npm run test:console.
    '/test/console/',
    // They need the last release: npm run test:upgrade.
    '/test/upgrade/',
    // They take long: npm run test:deaths, npm run test:scale, npm run test:meetings, npm run test:benchmarks, npm run test:snippets.
    '/test/embedded/deaths(-of-api-keys)?\\.test\\.ts$',
    '/test/store/plans\\.test\\.ts$',
    '/test/store/step-meetings\\.test\\.ts$',
    '/test/benchmarks/',
    '/test/unit/tools/documents-snippets\\.test\\.ts$',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  // Packages that load natively: see docs/decisions/0080-packages-load-natively-in-jest.md.
  transformIgnorePatterns: ['/node_modules/(?!aws-cdk-lib/|constructs/|cdk-nag/|@aws-sdk/|@smithy/)'],
  transform: {
    '/node_modules/.*\\.js$': '<rootDir>/test/helpers/natively-transformer.cjs',
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } } }],
  },
  modulePathIgnorePatterns: [
    '<rootDir>/cdk.out',
    '<rootDir>/.errand',
    '<rootDir>/dist',
    '<rootDir>/packages/[^/]+/dist',
  ],
  // Twice the cores that the suite's five minutes are counted on: much of a test is waiting for leases and timers.
  maxWorkers: 4,
  testTimeout: 60_000,
};
