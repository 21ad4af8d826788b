import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { CLUSTER_VARIABLE } from '../helpers/cluster-template.ts';
import type { PlacedMutant } from './mutant.ts';
import { runTests, type TestRun } from './run-tests.ts';
import { withMutant } from './scratch-copies.ts';

/** The result of running the tests on a mutant. */
export type Judgment = { readonly seconds: number } & (
  | { readonly outcome: 'killed'; readonly by: string }
  | { readonly outcome: 'survived' }
  /** The mutated program can't run, so the mutant proves nothing. */
  | { readonly outcome: 'invalid'; readonly reason: string }
);

/** Matches the PostgreSQL, Node and DynamoDB errors that mean the mutated program can't run. */
const INVALID =
  /syntax error at|SyntaxError|could not determine data type|(column|relation|function|missing FROM-clause entry) .* does not exist|missing FROM-clause|is not defined|Invalid (Condition|Update)Expression|ValidationException/;

const IN_TIME = 'the tests did not end in time';

/**
 * Runs the tests that should detect a mutant. Mutants with the same schema share a cluster. A mutant of a migration gets its own cluster.
 *
 * @param cluster an empty cluster; next to it, the tests store a cluster with the schema
 */
export async function judge(
  mutant: PlacedMutant,
  copy: string,
  { cluster, timeoutMs, signal }: { cluster: string; timeoutMs: number; signal: AbortSignal },
): Promise<Judgment> {
  const run = (own: string): Promise<TestRun> =>
    withMutant(copy, mutant, () =>
      runTests(copy, mutant.tests, { timeoutMs, environment: environmentFor(own), signal }),
    );
  return judgmentOf(
    await (mutant.file.startsWith('migrations/')
      ? withCopyOf(cluster, path.dirname(copy), run)
      : run(cluster)),
  );
}

/** Calls `use` with a copy of an empty cluster. The copy is in a separate folder, so the tests do not find a cluster with the schema next to it. */
async function withCopyOf<Result>(
  cluster: string,
  folder: string,
  use: (cluster: string) => Promise<Result>,
): Promise<Result> {
  const own = mkdtempSync(path.join(folder, 'cluster-'));
  try {
    // `-a` keeps the files' owner, which is another user if the tests run as root.
    execFileSync('cp', ['-a', cluster, path.join(own, 'postgres')]);
    return await use(path.join(own, 'postgres'));
  } finally {
    rmSync(own, { recursive: true, force: true, maxRetries: 5 });
  }
}

export function environmentFor(cluster: string): Record<string, string> {
  return { ERRAND_TEST_BUILDS_LATER: '1', [CLUSTER_VARIABLE]: cluster };
}

export function judgmentOf(run: TestRun): Judgment {
  const { seconds } = run;
  switch (run.outcome) {
    case 'passed':
      return { outcome: 'survived', seconds };
    case 'timeout':
      return { outcome: 'killed', by: IN_TIME, seconds };
    case 'unusable':
      return { outcome: 'invalid', reason: run.message, seconds };
    case 'failed': {
      const invalid = INVALID.exec(run.message);
      return invalid
        ? { outcome: 'invalid', reason: run.message.slice(0, 500), seconds }
        : { outcome: 'killed', by: run.test, seconds };
    }
  }
}
