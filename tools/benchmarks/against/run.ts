import { openProject, WORKING_TREE } from '../project.ts';
import type { Probe } from '../probe.ts';
import type { RunOptions } from '../rounds.ts';
import { compareProbe, type ComparedRead } from './compare.ts';
import { comparisonTable, verdictLine } from './table.ts';
import type { Verdict } from './verdict.ts';
import { checkOut, describeWorkingTree, findCommit } from './versions.ts';

const QUICK_ROUNDS = 3;

const GOOD: ReadonlySet<Verdict> = new Set<Verdict>(['better', 'no worse within the noise']);

interface ComparisonOptions extends Omit<RunOptions, 'rounds'> {
  /** The number of rounds. If undefined, each probe uses its own default. */
  readonly rounds: number | undefined;
}

/**
 * Compares the working tree with a commit, figure by figure, and prints a table and a verdict. If a version does not support a figure,
 * reports that figure and continues with the next one.
 *
 * @returns whether every figure was measured and is better, or no worse within the noise
 * @throws UsageError if the commit does not exist
 */
export async function runComparison(
  name: string,
  probes: readonly Probe[],
  { rounds, quick, signal, tell }: ComparisonOptions,
): Promise<boolean> {
  const commit = await findCommit(name);
  tell(`then: ${commit.short} ${commit.subject}`);
  tell(`now:  the working tree, ${await describeWorkingTree()}`);
  await using ended = new AsyncDisposableStack();
  const then = ended.use(await checkOut(commit, signal, tell));
  const now = ended.use(openProject('now', WORKING_TREE, signal));
  const compared: ComparedRead[] = [];
  const failures: string[] = [];
  for (const probe of probes) {
    const startedAt = performance.now();
    tell(`\n${probe.name}`);
    const options = {
      rounds: rounds ?? (quick ? Math.min(QUICK_ROUNDS, probe.rounds) : probe.rounds),
      quick,
      signal,
      tell,
    };
    try {
      compared.push(...(await compareProbe(probe, { then, now }, options)));
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${probe.name}, ${(error as Error).message}`);
      tell('  not measured; see below');
    }
    tell(`  took ${Math.round((performance.now() - startedAt) / 1000)} s`);
  }
  if (compared.length > 0) tell(`\n${comparisonTable(commit.short, compared)}`);
  tell('');
  for (const failure of failures) tell(`Not measured: ${failure}`);
  tell(verdictLine(compared, failures.length));
  const isNoisy = compared.some(({ verdict }) => verdict === 'too noisy to tell');
  if (isNoisy) tell('Measure noisy figures again on an idle machine, or with more --rounds.');
  return failures.length === 0 && compared.every(({ verdict }) => GOOD.has(verdict));
}
