import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The version of StrykerJS; its jest runner asks for the same one of its core. Apache-2.0. */
const VERSION = '10.0.0';

/** A mutant in Stryker's report (https://github.com/stryker-mutator/mutation-testing-elements, "mutation-testing-report-schema"). */
export interface StrykerMutant {
  readonly mutatorName: string;
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Both from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

export interface StrykerReport {
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: readonly StrykerMutant[] }>
  >;
}

/**
 * Installs Stryker once, into the cache of the project: it brings 62 MB of packages, which nothing else needs. It has to find the
 * project's jest and compiler beside it.
 *
 * @returns its command
 */
export function installStryker(root: string): string {
  const folder = path.join(root, 'node_modules/.cache/errand/stryker', VERSION);
  const command = path.join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  if (existsSync(command)) return command;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  const packages = ['core', 'jest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const name of ['jest', 'typescript'])
    symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name));
  return command;
}

export interface StrykerRun {
  /** Paths relative to the root of the project. */
  readonly files: readonly string[];
  /** The tests that may notice the mutants, as patterns of jest's `testMatch` below the root. */
  readonly tests: readonly string[];
  readonly atOnce: number;
}

/**
 * Runs Stryker in a copy of the project.
 *
 * @throws Error if Stryker could not run, such as for a test that fails without a mutant
 */
export function runStryker(command: string, copy: string, run: StrykerRun): StrykerReport {
  writeFileSync(path.join(copy, 'jest.stryker.config.js'), jestConfiguration(run.tests));
  writeFileSync(path.join(copy, 'stryker.config.json'), JSON.stringify(configuration(run)));
  const { status } = spawnSync(process.execPath, [command, 'run', 'stryker.config.json'], {
    cwd: copy,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const report = path.join(copy, 'reports/mutation/mutation.json');
  if (status !== 0 || !existsSync(report)) throw new Error('Stryker could not run: see above.');
  return JSON.parse(readFileSync(report, 'utf8')) as StrykerReport;
}

function configuration({ files, atOnce }: StrykerRun): unknown {
  return {
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    jest: { projectType: 'custom', configFile: 'jest.stryker.config.js', enableFindRelatedTests: false },
    coverageAnalysis: 'perTest',
    // A constant is evaluated when its module is loaded, so it seems to be covered by every test.
    ignoreStatic: true,
    mutate: files,
    // Strings and object literals are mostly messages and log fields.
    mutator: { excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
    concurrency: atOnce,
    timeoutMS: 30_000,
    reporters: ['json', 'progress-append-only'],
    disableTypeChecks: false,
    warnings: { slow: false },
  };
}

/** The project's configuration without what only tests with functions and databases need. */
function jestConfiguration(tests: readonly string[]): string {
  const patterns = JSON.stringify(tests.map((pattern) => `<rootDir>/${pattern}`));
  return `import base from './jest.config.js';

export default {
  ...base,
  globalSetup: undefined,
  testSequencer: undefined,
  // Stryker wraps the environment, and does not know <rootDir>.
  testEnvironment: import.meta.dirname + '/test/helpers/jest-test-environment.cjs',
  testMatch: ${patterns},
  maxWorkers: 1,
};
`;
}
