import type { JobStatus } from './status.ts';

/** The number of jobs in each state. */
export type StatusCounts = Record<JobStatus, number>;

/** A tenant's job counts. */
export interface JobCounts {
  total: number;
  by_status: StatusCounts;
  /** The counts of each job type that has ever had jobs. */
  by_type: Record<string, StatusCounts>;
}

/** The unclaimed job that has been due the longest. */
export interface OldestWaiting {
  job_id: string;
  type: string;
  /** When the job became due. */
  run_at: string;
  /** The seconds since `run_at`, according to the database's clock. */
  age_seconds: number;
}

/** SQS's estimate of the number of messages in a queue, accurate to about a minute. */
export interface QueueCounts {
  /** Messages that can be received now. */
  visible: number;
  /** The number of messages that were received, and are neither deleted nor visible again. */
  in_flight: number;
  delayed: number;
}

/**
 * The figures that an operator looks at first. `queue` and `queues` are null for callers without the `admin` scope, because
 * all tenants share the queues. `queue` is the sum of `queues`.
 */
export interface Statistics {
  jobs: JobCounts;
  oldest_waiting: OldestWaiting | null;
  queue: QueueCounts | null;
  queues: Record<string, QueueCounts> | null;
  dead_letter_queue: QueueCounts | null;
}

/** Counts jobs without reading them. */
export interface JobStatistics {
  /** @throws StoreUnavailableError */
  read(tenant: string): Promise<Pick<Statistics, 'jobs' | 'oldest_waiting'>>;
}

/** Reads a queue's depth. */
export interface QueueStatistics {
  /** @throws StoreUnavailableError */
  read(): Promise<QueueCounts>;
}

export interface StatisticsPorts {
  jobStatistics: JobStatistics;
  /** The readers of the queues' depths, keyed by queue name. */
  queueStatistics: ReadonlyMap<string, QueueStatistics>;
  deadLetterStatistics: QueueStatistics;
}

/**
 * Reads the job counts and the queues' depths in parallel, so that all figures are from roughly the same time.
 *
 * @param withQueues whether to include the depths of the queues, which all tenants share
 */
export async function readStatistics(
  tenant: string,
  withQueues: boolean,
  ports: StatisticsPorts,
): Promise<Statistics> {
  const [jobs, queues, deadLetterQueue] = await Promise.all([
    ports.jobStatistics.read(tenant),
    withQueues ? readQueues(ports) : null,
    withQueues ? ports.deadLetterStatistics.read() : null,
  ]);
  const queue = queues && sumOf(Object.values(queues));
  return { ...jobs, queue, queues, dead_letter_queue: deadLetterQueue };
}

async function readQueues({ queueStatistics }: StatisticsPorts): Promise<Record<string, QueueCounts>> {
  const read = [...queueStatistics].map(
    async ([name, statistics]) => [name, await statistics.read()] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

function sumOf(counts: readonly QueueCounts[]): QueueCounts {
  const total = (count: keyof QueueCounts): number => counts.reduce((sum, each) => sum + each[count], 0);
  return { visible: total('visible'), in_flight: total('in_flight'), delayed: total('delayed') };
}
