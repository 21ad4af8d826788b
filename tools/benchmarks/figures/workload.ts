import type { Service } from '../contenders/service.ts';
import type { Probe, Read } from '../probe.ts';
import type { RunOptions } from '../rounds.ts';

/** Work for a running service, and the values to measure. */
export interface Workload {
  /** The name for `--only`. */
  readonly name: string;
  /** The measured values, by their key in the result of `run`. */
  readonly reads: Readonly<Record<string, Read>>;
  readonly rounds: Probe['rounds'];
  /** Errand's settings in addition to the defaults; workloads with the same settings share a start. */
  readonly settings?: Readonly<Record<string, string>>;
  run(service: Service, options: RunOptions): Promise<Readonly<Record<string, number>>>;
}

/** The number in the last `object_id`. Incrementing this number makes each `object_id` in a run unique. */
let lastObject = 0;

/** Returns a submission of a job that does nothing. The `object_id` is new, so the submission opens a dedup window. */
export function submission(delaySeconds?: number): object {
  lastObject += 1;
  return {
    object_id: `object-${lastObject}`,
    payload: { seconds: 0 },
    ...(delaySeconds !== undefined && { delay_seconds: delaySeconds }),
  };
}

/**
 * Calls `work` repeatedly, in several concurrent loops.
 *
 * @param isOver checked before each call; returns true to end the loops
 * @returns the number of calls
 */
export async function onLines(
  lines: number,
  isOver: () => boolean,
  work: () => Promise<void>,
): Promise<number> {
  let calls = 0;
  const line = async (): Promise<void> => {
    while (!isOver()) {
      calls += 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: lines }, line));
  return calls;
}

/** Returns a function that reports whether `milliseconds` have elapsed since this call. */
export function after(milliseconds: number): () => boolean {
  const endsAt = performance.now() + milliseconds;
  return () => performance.now() >= endsAt;
}
