import { stripVTControlCharacters } from 'node:util';

/** The part of Jest's `--json` results that the commands read. */
export interface JestResults {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  /** The number of test files that could not run at all. The other counts exclude these files' tests. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly TestFileResult[];
}

interface TestFileResult {
  /** The file's path. */
  readonly name: string;
  readonly status: string;
  /** The file's failures. For a file that could not run, this message is the only description of the problem. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly title: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** The maximum number of lines that `failuresOf` returns per failure message. */
const MESSAGE_LINES = 8;

/** Counts the passed, failed and skipped tests. A file that could not run counts as one failed test. */
export function countTests(results: JestResults): { passed: number; failed: number; skipped: number } {
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests,
  };
}

/** Counts the skipped tests by gap. `itUnless` appends the gap's name to a test's name. */
export function skippedByGap({ testResults }: JestResults): ReadonlyMap<string, number> {
  const skipped = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'pending')
    .map(({ title }) => /\[gap: ([\w-]+)\]$/.exec(title)?.[1] ?? 'none, which no test should be');
  return new Map([...new Set(skipped)].map((gap) => [gap, skipped.filter((name) => name === gap).length]));
}

/**
 * Returns the full name of each failed test, with the first lines of the failure message. For a file that could not run, returns the path and the
 * error.
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
