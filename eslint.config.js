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
    // With the project service, a run of all files takes nearly twice as long.
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'packages/console/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Allows a type parameter that is used only once, such as the result type in `read<Row>(…)`.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // CDK constructs are created for their effect on the scope passed to them.
    files: ['lib/**/*.ts', 'bin/**/*.ts', 'test/infrastructure/**/*.ts'],
    rules: { 'no-new': 'off', '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    // Only one function reads a Lambda's environment; all other code gets the values injected.
    files: ['lambdas/**/*.ts', 'lib/**/*.ts'],
    ignores: [
      'lambdas/environment.ts',
      'lambdas/adapters/aws/configuration.ts',
      // Replacements for SDK and Node modules, which read the environment too.
      'lambdas/adapters/aws/absent.ts',
      'lambdas/built-in/process.ts',
      // Its child process needs variables such as PATH.
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
    // The domain's clock and random source are injected.
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
    // The user's app, which imports the CDK as in the CDK's documentation.
    ignores: ['bin/command-line/init/project/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: 'aws-cdk-lib',
          message:
            'This loads every service: import from aws-cdk-lib/core, or from the service’s own module.',
        },
      ],
    },
  },
  {
    // Code that processes callers' input, in which no regular expression may take quadratic time or worse.
    files: ['lambdas/**/*.ts', 'packages/*/src/**/*.{ts,tsx,mjs}'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], languageOptions: { globals: globals.node } },
);
