/** What jest's `--json` says, as far as it is asked. */
export interface JestResults {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  /** Files that could not be run at all: none of their tests is counted elsewhere. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

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
