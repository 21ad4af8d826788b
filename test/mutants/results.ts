/** What became of a mutant. */
export interface MutantResult {
  readonly outcome: 'killed' | 'survived';
  /** The first test that failed, with its file, or that the tests did not end in time. */
  readonly by?: string;
  /** How long the tests ran. */
  readonly seconds: number;
  /** The commit whose copy had the mutant in it. */
  readonly commit: string;
}

/** By the names of the mutants. */
export type MutantResults = Readonly<Record<string, MutantResult>>;

/** Where the results of all runs are kept. */
export const RESULTS_FILE = 'docs/mutants/results.json';
