import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The version of StrykerJS (license: Apache-2.0). Stryker's core package and its Jest runner must have the same version. */
const VERSION = '10.0.0';

/** A mutant in Stryker's report (https://github.com/stryker-mutator/mutation-testing-elements, "mutation-testing-report-schema"). */
export interface StrykerMutant {
  readonly mutatorName: string;
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** A position in a file. Lines and columns are counted from 1. */
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
 * Installs Stryker into the project's cache, unless an earlier run already has. Stryker is not a dependency of the project, because it needs 62 MB of
 * packages. The project's Jest and TypeScript are linked, so that Stryker finds them.
 *
 * @returns the path of Stryker's command
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
  /** The files to mutate, as paths relative to the project's root. */
  readonly files: readonly string[];
  /** The tests that should detect the mutants, as `testMatch` patterns relative to the project's root. */
  readonly tests: readonly string[];
  readonly atOnce: number;
}

/**
 * Runs Stryker in a copy of the project.
 *
 * @throws Error if Stryker could not run, for example because a test fails without a mutant
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
    // Mutants of constants are ignored. A constant is evaluated when its module is loaded, so Stryker would run every test for each of the
    // constant's mutants.
    ignoreStatic: true,
    mutate: files,
    // Strings and object literals are excluded, because most of them are messages and log fields.
    mutator: { excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
    concurrency: atOnce,
    timeoutMS: 6_000,
    reporters: ['json', 'progress-append-only'],
    disableTypeChecks: false,
    warnings: { slow: false },
  };
}

/** Returns the project's Jest configuration, excluding the parts that only tests with functions or databases need. */
function jestConfiguration(tests: readonly string[]): string {
  const patterns = JSON.stringify(tests.map((pattern) => `<rootDir>/${pattern}`));
  return `import base from './jest.config.js';

export default {
  ...base,
  globalSetup: undefined,
  testSequencer: undefined,
  // Stryker wraps the environment, and does not know <rootDir>.
  testEnvironment: import.meta.dirname + '/test/mutants/domain/stryker-environment.cjs',
  testMatch: ${patterns},
  maxWorkers: 1,
};
`;
}
