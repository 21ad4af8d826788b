import { setTimeout as wait } from 'node:timers/promises';
import { dataOf, type Errand } from 'errand-client';
import type { Operation } from './operations.ts';

/**
 * The maximum number of waiting or running jobs. This limit is high enough to keep all workers busy, and low enough for a steady run.
 */
const MAX_OPEN_JOBS = 500;

/** The interval between two reads of the jobs' progress, in milliseconds. */
const STATISTICS_MS = 250;

/** The time without an ended job, in milliseconds, after which the remaining jobs count as stuck. The sweeper resends a lost message before that. */
const PATIENCE_MS = 180_000;

export interface LoadOptions {
  readonly errand: Errand;
  readonly operations: Iterable<Operation>;
  /** The number of concurrent requests. */
  readonly concurrency: number;
  /** Called with the number of ended jobs. */
  readonly onProgress: (ended: number) => void;
}

/** The result of the submissions, according to the responses. */
export interface Submitted {
  /** The job_ids in the responses, by object_id. */
  readonly jobIds: ReadonlyMap<string, ReadonlySet<string>>;
  /** The number of submissions, including duplicates. */
  readonly submissions: number;
  readonly batches: number;
  /** The refused submissions. There should be none. */
  readonly refused: readonly string[];
  /** The number of jobs that were still waiting or running after no job had ended for PATIENCE_MS. */
  readonly stuck: number;
}

/** Submits all jobs, pauses while too many jobs are open, and waits until every job has ended. */
export async function submitLoad(options: LoadOptions): Promise<Submitted> {
  const { errand, operations, concurrency, onProgress } = options;
  const jobIds = new Map<string, Set<string>>();
  const refused: string[] = [];
  let [submissions, batches, ended, allSent] = [0, 0, 0, false];
  const note = (objectId: string, jobId: string): void => {
    const known = jobIds.get(objectId);
    if (known) known.add(jobId);
    else jobIds.set(objectId, new Set([jobId]));
  };

  const send = async (objectIds: Operation): Promise<void> => {
    submissions += objectIds.length;
    const bodies = objectIds.map((objectId) => ({ object_id: objectId, payload: { seconds: 0 } }));
    const [first, ...others] = bodies;
    if (first && others.length === 0) {
      const job = dataOf(await errand.http.POST('/v1/jobs', { body: first }));
      note(first.object_id, job.job_id);
      return;
    }
    batches += 1;
    const { items } = dataOf(await errand.http.POST('/v1/jobs/batch', { body: { jobs: bodies } }));
    items.forEach((item, index) => {
      if ('job' in item) note(objectIds[index] ?? '', item.job.job_id);
      else refused.push(item.problem.detail);
    });
  };

  const queue = operations[Symbol.iterator]();
  const client = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      while (jobIds.size - ended > MAX_OPEN_JOBS) await wait(STATISTICS_MS / 5);
      await send(next.value).catch((error: unknown) => refused.push(String(error)));
    }
  };

  const watch = async (): Promise<number> => {
    let movedAt = performance.now();
    for (;;) {
      const { by_status: byStatus } = dataOf(await errand.http.GET('/v1/stats')).jobs;
      const open = byStatus.created + byStatus.running;
      const nowEnded = byStatus.success + byStatus.failed + byStatus.canceled;
      if (nowEnded !== ended || open === 0) movedAt = performance.now();
      ended = nowEnded;
      onProgress(ended);
      if (allSent && open === 0) return 0;
      if (performance.now() - movedAt > PATIENCE_MS) {
        ended = Infinity; // Lets the clients finish.
        return open;
      }
      await wait(STATISTICS_MS);
    }
  };

  const watched = watch();
  await Promise.all(Array.from({ length: concurrency }, client));
  allSent = true;
  return { stuck: await watched, jobIds, submissions, batches, refused };
}
