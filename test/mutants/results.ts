/** The result of running the tests on a mutant. */
export interface MutantResult {
  readonly outcome: 'killed' | 'survived';
  /** The first failed test and its file, or a note that the tests timed out. */
  readonly by?: string;
  /** The duration of the tests, in seconds. */
  readonly seconds: number;
  /** The commit that was mutated. */
  readonly commit: string;
}

/** Results by mutant name. */
export type MutantResults = Readonly<Record<string, MutantResult>>;

/** The file with the results of all runs. */
export const RESULTS_FILE = 'docs/mutants/results.json';
