import type { Service } from '../contenders/service.ts';
import type { Probe, Read } from '../probe.ts';
import type { RunOptions } from '../rounds.ts';

/** Something to do with a running service, and what to read off it. */
export interface Workload {
  /** For `--only`. */
  readonly name: string;
  /** What is read, by the key of its value in what `run` returns. */
  readonly reads: Readonly<Record<string, Read>>;
  readonly rounds: Probe['rounds'];
  /** What Errand is deployed with beside its defaults; workloads with the same settings share a start. */
  readonly settings?: Readonly<Record<string, string>>;
  run(service: Service, options: RunOptions): Promise<Readonly<Record<string, number>>>;
}

/** A number that no other object of this run has had. */
let lastObject = 0;

/** A submission of a job that does nothing, for an object of its own: each opens a dedup window. */
export function submission(delaySeconds?: number): object {
  lastObject += 1;
  return {
    object_id: `object-${lastObject}`,
    payload: { seconds: 0 },
    ...(delaySeconds !== undefined && { delay_seconds: delaySeconds }),
  };
}

/**
 * Calls `work` over and over on so many lines at once.
 *
 * @param isOver asked before each call
 * @returns how many calls were made
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

/** Whether so many milliseconds have gone by since now. */
export function after(milliseconds: number): () => boolean {
  const endsAt = performance.now() + milliseconds;
  return () => performance.now() >= endsAt;
}
