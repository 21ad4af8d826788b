import type { Probe, Read } from '../probe.ts';
import type { Project } from '../project.ts';
import type { RunOptions } from '../rounds.ts';
import { compare, type Comparison } from './verdict.ts';

export interface ComparedRead extends Comparison {
  readonly read: Read;
}

/**
 * Measures two versions in alternating order. The version measured last in one round is measured first in the next, so that a slowdown of the
 * machine affects both versions.
 *
 * @throws Error with a message that begins with the version's name, if a version cannot be built or measured
 */
export async function compareProbe(
  probe: Probe,
  { then, now }: { readonly then: Project; readonly now: Project },
  options: RunOptions,
): Promise<ComparedRead[]> {
  await using ended = new AsyncDisposableStack();
  const sides = [];
  for (const project of [then, now]) {
    const opened = ended.use(await naming(project, () => probe.open(project, options)));
    sides.push({ project, opened, rounds: [] as Readonly<Record<string, number>>[] });
  }
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const { project, opened, rounds } of round % 2 === 1 ? sides : sides.toReversed()) {
      options.signal.throwIfAborted();
      const values = await naming(project, () => opened.measure());
      rounds.push(values);
      const shown = Object.entries(values).map(([key, value]) => `${key} ${value.toPrecision(4)}`);
      options.tell(`  round ${round}/${options.rounds}  ${project.name}: ${shown.join(', ')}`);
    }
  }
  const [before = [], after = []] = sides.map(({ rounds }) => rounds);
  const valuesOf = (rounds: readonly Readonly<Record<string, number>>[], key: string): number[] =>
    rounds.map((values) => values[key] ?? NaN);
  return Object.entries(probe.reads).map(([key, read]) => ({
    read,
    ...compare(valuesOf(before, key), valuesOf(after, key), read),
  }));
}

/** Runs `work`. If `work` fails, prepends the project's name to the error's message. */
async function naming<Result>(project: Project, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`${project.name}: ${(cause as Error).message}`, { cause });
  }
}
