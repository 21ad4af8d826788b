import type { ChaosClient } from './client.ts';
import type { Incident } from './fault-schedule.ts';
import type { Injection } from './injection.ts';
import type { Unit } from './schedule.ts';

/** Options for running a schedule. */
export interface Performance {
  readonly client: ChaosClient;
  readonly incidents: readonly Incident[];
  readonly injection: Injection;
  /** The number of concurrent clients. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Called with the number of jobs for which all requests have been sent. */
  readonly onDone: (jobs: number) => void;
}

/** Runs the schedule with several clients in parallel, and starts each incident when the run reaches the incident's position. */
export async function play(
  schedule: readonly Unit[],
  { client, incidents, injection, concurrency, signal, onDone }: Performance,
): Promise<void> {
  const waiting = schedule.entries();
  const ahead = [...incidents];
  let done = 0;
  const workThrough = async (): Promise<void> => {
    for (const [index, unit] of waiting) {
      signal.throwIfAborted();
      while (ahead[0] && ahead[0].at <= index / schedule.length) {
        const incident = ahead.shift();
        if (incident) await injection.happen(incident);
      }
      await client.play(unit);
      done += unit.jobs.length;
      onDone(done);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, workThrough));
}
