import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules', 'cdk.out', '**/dist', 'coverage', '.errand', 'packages/client/src/api.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // A single-use type parameter names what a generic reader returns (`read<Row>(…)`).
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // CDK constructs are created for their effect on the scope they are given.
    files: ['lib/**/*.ts', 'bin/**/*.ts', 'test/infrastructure/**/*.ts'],
    rules: { 'no-new': 'off', '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    // One function reads the environment of a Lambda; all other code gets its values injected.
    files: ['lambdas/**/*.ts', 'lib/**/*.ts'],
    ignores: [
      'lambdas/environment.ts',
      'lambdas/adapters/aws/configuration.ts',
      // Stand-ins for modules of the SDK and of Node that do.
      'lambdas/adapters/aws/absent.ts',
      'lambdas/built-in/process.ts',
      // Its child process needs PATH and the like.
      'lib/jobs/read-catalogue.ts',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only lambdas/environment.ts and bin/errand.ts read the environment.',
        },
      ],
    },
  },
  {
    // The domain is given its clock and its random source.
    files: ['lambdas/job/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the clock as an argument.' },
        { object: 'Math', property: 'random', message: 'Take the random source as an argument.' },
        { object: 'process', property: 'env', message: 'Only lambdas/environment.ts reads the environment.' },
      ],
    },
  },
  {
    files: ['bin/**/*.ts', 'lib/**/*.ts', 'test/infrastructure/**/*.ts'],
    // The user's app, which imports the CDK as its documentation does.
    ignores: ['bin/command-line/init/project/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: 'aws-cdk-lib',
          message:
            'It loads the index of every service: import from aws-cdk-lib/core, or from the one of the service.',
        },
      ],
    },
  },
  {
    // What runs on the input of callers: no input may make a regular expression take quadratic time, or worse.
    files: ['lambdas/**/*.ts', 'packages/*/src/**/*.{ts,tsx,mjs}'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], languageOptions: { globals: globals.node } },
);
