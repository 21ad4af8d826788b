import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { synthesize } from '../../bin/local-service/synthesize.ts';
import { CLUSTER_VARIABLE } from '../helpers/cluster-template.ts';
import { runSteps } from '../helpers/command-steps.ts';
import type { Owner } from '../helpers/rows-of-version.ts';
import { PROJECT, synthEnvironment } from '../helpers/stack.ts';
import { growCluster } from './grown-cluster.ts';
import { commit, hasRelease, takeOurMigrations, unpackRelease, version } from './release.ts';
import { RELEASE_VARIABLE, SETTINGS } from './release-assembly.ts';

// Runs `npm run test:upgrade [pattern…]`. This tests that the last release's functions work with the current schema, and that the current functions
// work with a database that went through all earlier schemas. Each version must also understand the other version's rows. See
// docs/decisions/0061-schema-changes.md. Patterns select integration test files.

/**
 * Returns Jest's arguments for the integration tests in test/integration. The arguments exclude the packages' own tests and the command line's
 * tests: the command line reaches the database only through the API. In the last release, the command line's tests were in the same folder as the
 * others.
 */
const integrationTests = (patterns: readonly string[]): string[] => [
  ...[
    '--testPathIgnorePatterns',
    '<rootDir>/packages/',
    '/(command-line[^/]*|bulk-commands|mcp)\\.test\\.ts$',
  ],
  ...['--testPathPatterns', `/test/integration/[^/]*(${patterns.join('|')})[^/]*\\.test\\.ts$`],
];

/** Returns Jest's arguments for a test file that `npm test` excludes. */
const only = (file: string): string[] => [
  '--testPathIgnorePatterns',
  '/node_modules/',
  '--runTestsByPath',
  file,
];

interface JestOptions {
  readonly variables?: NodeJS.ProcessEnv;
  /** Receives Jest's output in parts. @default - the output is printed */
  readonly onOutput?: (part: string) => void;
}

/**
 * Runs Jest in a checkout.
 *
 * @returns whether all tests passed
 */
async function jest(
  checkout: string,
  words: readonly string[],
  signal: AbortSignal,
  { variables, onOutput }: JestOptions = {},
): Promise<boolean> {
  const program = path.join(checkout, 'node_modules/jest/bin/jest.js');
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...options, program, ...words], {
    cwd: checkout,
    env: { ...process.env, ...variables },
    stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    signal,
  });
  if (onOutput)
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput);
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}

/**
 * Runs the release's integration tests. Test files that fail run once more, without the others beside them. The release's tests can no longer be
 * changed, and some of them fail on a busy machine. For example, one expects that the API never refuses a wait. A difference between the schemas
 * fails both times.
 *
 * @returns whether each test file passed at least once
 */
async function testRelease(
  checkout: string,
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const words = integrationTests(patterns);
  let output = '';
  const passed = await jest(checkout, words, signal, { onOutput: (part) => (output += part) });
  if (passed) {
    process.stdout.write(output);
    return true;
  }
  // The prefix keeps these failures out of the totals that `.ci/run` prints.
  process.stdout.write(output.replaceAll(/^/gm, 'first run | '));
  console.log('\nThe test files that failed run once more.');
  return jest(checkout, [...words, '--onlyFailures', '--runInBand'], signal);
}

await runSteps('upgrade', async ({ signal, dir, step }) => {
  if (!(await hasRelease(signal))) {
    console.log(
      `NOT RUN: this clone lacks commit ${commit} of the last release, ${version}, and its origin does not provide the commit. ` +
        'Get the whole history with "git fetch --unshallow origin", then run "npm run test:upgrade" again.',
    );
    return 0;
  }
  const patterns = process.argv.slice(2);
  // If the test runs as root, PostgreSQL runs as another user, who needs access to the folder.
  await chmod(dir, 0o711);
  const release = path.join(dir, 'release');
  await step(`release ${version} (unpacked)`, unpackRelease(release, signal));
  const assemblyDir = path.join(dir, 'release.out');
  await step(
    `release ${version} (synthesized)`,
    synthesize({ projectDir: release, assemblyDir, environment: synthEnvironment(SETTINGS), signal }),
  );
  await takeOurMigrations(release);
  const grow = (owner: Owner): Promise<string> =>
    step(`database of ${owner.tenant} (grown)`, growCluster(path.join(dir, owner.tenant), owner));
  const grown = await grow({ tenant: 'default', sleepSeconds: 0.01 });
  // These jobs are due in a year, so they don't disturb the integration tests of the sweeper and the workers.
  const grownForAnother = await grow({ tenant: 'another', sleepSeconds: 0.01, dueIn: '1 year' });
  const results = [
    await step(`release ${version} on our schema`, testRelease(release, patterns, signal)),
    await step(
      'ours on the grown database',
      jest(PROJECT, integrationTests(patterns), signal, {
        variables: { [CLUSTER_VARIABLE]: grownForAnother },
      }),
    ),
    await step(
      'the rows of the grown database',
      jest(PROJECT, only('test/upgrade/grown-database.test.ts'), signal, {
        variables: { [CLUSTER_VARIABLE]: grown },
      }),
    ),
    await step(
      'one after the other',
      jest(PROJECT, only('test/upgrade/swap.test.ts'), signal, {
        variables: { [RELEASE_VARIABLE]: assemblyDir },
      }),
    ),
    await step(
      'one after the other, under load',
      jest(PROJECT, only('test/upgrade/load.test.ts'), signal, {
        variables: { [RELEASE_VARIABLE]: assemblyDir },
      }),
    ),
  ];
  return results.every(Boolean) ? 0 : 1;
});
