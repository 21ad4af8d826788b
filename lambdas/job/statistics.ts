import type { JobStatus } from './status.ts';

/** How many jobs there are in each state. */
export type StatusCounts = Record<JobStatus, number>;

/** The jobs of a tenant, counted. */
export interface JobCounts {
  total: number;
  by_status: StatusCounts;
  /** Only types that have had a job. */
  by_type: Record<string, StatusCounts>;
}

/** The job that has waited longest of those that are due and that no worker has claimed. */
export interface OldestWaiting {
  job_id: string;
  type: string;
  /** Since when it is due. */
  run_at: string;
  /** Seconds from then until now, by the database's clock. */
  age_seconds: number;
}

/** Messages of a queue, as SQS estimates them: right within about a minute. */
export interface QueueCounts {
  /** Could be received now. */
  visible: number;
  /** Received, and neither deleted nor due again. */
  in_flight: number;
  delayed: number;
}

/**
 * What an operator looks at first. All tenants share the queues, so their counts are null without the scope `admin`. `queue` sums up
 * `queues`.
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

/** Asks a queue for its depth. */
export interface QueueStatistics {
  /** @throws StoreUnavailableError */
  read(): Promise<QueueCounts>;
}

export interface StatisticsPorts {
  jobStatistics: JobStatistics;
  /** By the queues' names. */
  queueStatistics: ReadonlyMap<string, QueueStatistics>;
  deadLetterStatistics: QueueStatistics;
}

/**
 * Everything at about one moment: the stores are asked side by side.
 *
 * @param withQueues whether the queues, which are everybody's, are asked too
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
