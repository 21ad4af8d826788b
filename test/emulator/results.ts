import { stripVTControlCharacters } from 'node:util';

/** The part of jest's `--json` results that the commands read. */
export interface JestResults {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  /** Files that could not be run at all: none of their tests is counted elsewhere. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly TestFileResult[];
}

interface TestFileResult {
  /** The file's path. */
  readonly name: string;
  readonly status: string;
  /** The failures of the file; the only place that describes a file that could not be run. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly title: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** Lines of a failure message that `failuresOf` keeps. */
const MESSAGE_LINES = 8;

/** How many tests passed and so on; a file that could not be run counts as one that failed. */
export function countTests(results: JestResults): { passed: number; failed: number; skipped: number } {
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests,
  };
}

/** How many tests are skipped for each gap, by the name that `itUnless` puts at the end of theirs. */
export function skippedByGap({ testResults }: JestResults): ReadonlyMap<string, number> {
  const skipped = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'pending')
    .map(({ title }) => /\[gap: ([\w-]+)\]$/.exec(title)?.[1] ?? 'none, which no test should be');
  return new Map([...new Set(skipped)].map((gap) => [gap, skipped.filter((name) => name === gap).length]));
}

/**
 * The full name of each failed test and the first lines of its failure message; of a file that could not be run, its path
 * and the error.
 */
export function failuresOf({ testResults }: JestResults): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [failure(name, message)];
    return failed.map(({ fullName, failureMessages }) => failure(fullName, failureMessages.join('\n')));
  });
}

function failure(name: string, message: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return [`FAILED ${name}`, ...lines.slice(0, MESSAGE_LINES).map((line) => `  ${line}`)].join('\n');
}
