import type { Stores } from '../helpers/aurora.ts';
import { newJob, result } from './job-rows.ts';

/** The stores that this module uses. */
export type LifeStores = Pick<Stores, 'jobs' | 'attempts'>;

/** The statements of a job's life cycle, in order. */
export const PHASES = ['insert', 'claim', 'record'] as const;
export type Phase = (typeof PHASES)[number];

/** New jobs, grouped by the statement that inserts them. */
export interface Lives {
  readonly parts: readonly (readonly string[])[];
  /**
   * Runs one phase of each job's life cycle. `connections` is the number of concurrent statements, which must not exceed the stores' number of
   * connections.
   */
  run(phase: Phase, connections?: number): Promise<void>;
}

/** A payload and a result of typical size. */
const PAYLOAD = { image: 'uploads/2026/11/29/photo-0001.jpg', width: 800, format: 'webp' };
const RESULT = { bytes: 48_213, file: 'thumbnails/photo-0001.webp' };
const LEASE_MS = 600_000;

/** @param batch the number of jobs per statement */
export function livesOf(stores: LifeStores, jobs: number, batch: number): Lives {
  const rows = Array.from({ length: jobs }, () => {
    const job = newJob({ payload: PAYLOAD, submitted_by: 'key:benchmark' });
    // Object ids arrive in random order.
    return { ...job, object_id: `photo-${job.job_id.slice(-12)}` };
  });
  const parts = Array.from({ length: Math.ceil(jobs / batch) }, (_, at) =>
    rows.slice(at * batch, (at + 1) * batch),
  );
  const ids = parts.map((part) => part.map(({ job_id: jobId }) => jobId));
  const statement = async (phase: Phase, at: number): Promise<void> => {
    const part = ids[at] ?? [];
    if (phase === 'insert') await stores.jobs.insert(parts[at] ?? []);
    else if (phase === 'claim') {
      const claims = await stores.attempts.claim(part, `worker-${part[0] ?? ''}`, LEASE_MS);
      if (claims.some(({ verdict }) => verdict !== 'claimed')) throw new Error('A job was not claimed.');
    } else {
      const records = await stores.attempts.record(part.map((jobId) => result(jobId, { result: RESULT })));
      if (records.some(({ recorded }) => !recorded)) throw new Error('A result was not recorded.');
    }
  };
  return {
    parts: ids,
    async run(phase, connections = 1) {
      let next = 0;
      await Promise.all(
        Array.from({ length: connections }, async () => {
          while (next < ids.length) await statement(phase, next++);
        }),
      );
    },
  };
}
