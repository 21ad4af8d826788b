import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { synthesize } from '../../bin/local-service/synthesize.ts';
import { runSteps } from '../helpers/command-steps.ts';
import { PROJECT, synthEnvironment } from '../helpers/stack.ts';
import { commit, hasRelease, takeOurMigrations, unpackRelease, version } from './release.ts';
import { RELEASE_VARIABLE, SETTINGS } from './release-assembly.ts';

// Runs `npm run test:upgrade [pattern…]`. This tests that the last release's functions work with the current schema, and that the current functions
// process the rows of all earlier versions. Each version must also understand the other version's rows. See docs/decisions/0061-schema-changes.md.
// Patterns select integration test files of the release. The current integration tests always run on a database that went through all schemas.

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

/** Jest's arguments for the tests in this folder, which `npm test` excludes. */
const ofUpgrades = [
  '--testPathIgnorePatterns',
  '/node_modules/',
  '--roots',
  import.meta.dirname,
  '--verbose',
];

/**
 * Runs Jest in a checkout.
 *
 * @param onOutput receives Jest's output in parts. @default - the output is printed
 * @returns whether all tests passed
 */
async function jest(
  checkout: string,
  words: readonly string[],
  signal: AbortSignal,
  variables: NodeJS.ProcessEnv = {},
  onOutput?: (part: string) => void,
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
  const passed = await jest(checkout, words, signal, {}, (part) => {
    output += part;
  });
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
  const results = [
    await step(`release ${version} on our schema`, testRelease(release, patterns, signal)),
    await step(
      'from one version to the other',
      jest(PROJECT, ofUpgrades, signal, { [RELEASE_VARIABLE]: assemblyDir }),
    ),
  ];
  return results.every(Boolean) ? 0 : 1;
});
