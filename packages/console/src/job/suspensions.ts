import { isWait, spanOf, type Step } from './step-rows.ts';
import type { Stretch } from './time-scale.ts';

/** The shortest wait that suspends a job, in milliseconds. During a shorter wait, the job's invocation keeps running. */
const SHORTEST = 1_000;

/**
 * Returns, in chronological order, the periods in which the job was suspended because all of its steps were waiting.
 *
 * @param now the end of open periods, in milliseconds since the epoch
 */
export function suspensionsOf(steps: readonly Step[], now: number): Stretch[] {
  const stretches = (wanted: readonly Step[]): Stretch[] =>
    wanted.map((step) => {
      const { from, to = now } = spanOf(step);
      return { from, to };
    });
  const waits = union(stretches(steps.filter(isWait)));
  const calls = union(stretches(steps.filter(({ kind, status }) => kind === 'run' && status !== 'waiting')));
  return waits.flatMap((wait) => without(wait, calls)).filter(({ from, to }) => to - from >= SHORTEST);
}

/** Merges overlapping periods, in order. */
function union(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const { from, to } of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && from <= last.to) joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else joined.push({ from, to });
  }
  return joined;
}

/** Subtracts other periods from a period. The other periods must be in chronological order, and must not overlap. */
export function without(stretch: Stretch, others: readonly Stretch[]): Stretch[] {
  const left: Stretch[] = [];
  let { from } = stretch;
  for (const other of others) {
    if (other.to <= from || other.from >= stretch.to) continue;
    if (other.from > from) left.push({ from, to: other.from });
    from = other.to;
  }
  if (from < stretch.to) left.push({ from, to: stretch.to });
  return left;
}
