import type { Pause } from './pauses.ts';

/** The reasons for holding a job. */
export const HOLDS = ['pause', 'concurrency', 'rate'] as const;
export type Hold = (typeof HOLDS)[number];

/** A queue's oldest due job: the job that has been due the longest without starting. */
export interface OldestJob {
  job_id: string;
  type: string;
  /** When the job became due: ISO 8601 in UTC. */
  due_at: string;
  age_seconds: number;
  /** The reason why the job is held; null if the job is only waiting for a free worker. */
  held_by: Hold | null;
}

/** A pause's fields; all null if there is no pause. */
type MaybePaused = { [Field in keyof Pause]: Pause[Field] | null };

/** A tenant's jobs in a queue. */
export interface QueueReport extends MaybePaused {
  queue: string;
  /** The number of jobs that have not started, including held jobs. */
  waiting: number;
  /** The number of waiting jobs that may not start yet, by reason. Each count stops at {@link MOST_COUNTED}. */
  held: Record<Hold, number>;
  running: number;
  oldest_waiting: OldestJob | null;
}

export interface PausedType extends Pause {
  type: string;
}

/** A tenant's queues, and the job types that the tenant has paused. */
export interface QueueReports {
  items: QueueReport[];
  paused_types: PausedType[];
}

/** The store's report on one queue with open jobs. */
export interface QueueCounts {
  queue: string;
  waiting: number;
  running: number;
  held: Record<Hold, number>;
  oldest_waiting: OldestJob | null;
}

export interface QueueReportStore {
  /** Reads the queues in which a tenant has open jobs, and the tenant's pauses, in one snapshot. */
  read(
    tenant: string,
  ): Promise<{ queues: QueueCounts[]; pauses: (Pause & { kind: string; name: string })[] }>;
}

const NO_JOBS = {
  waiting: 0,
  running: 0,
  held: { pause: 0, concurrency: 0, rate: 0 },
  oldest_waiting: null,
};

/** Reports on the deployment's queues, and on removed queues that still have open jobs or a pause. */
export async function reportQueues(
  tenant: string,
  deployed: readonly string[],
  store: QueueReportStore,
): Promise<QueueReports> {
  const { queues, pauses } = await store.read(tenant);
  const countsOf = new Map(queues.map((counts) => [counts.queue, counts]));
  const pausedQueues = new Map(pauses.flatMap((each) => (each.kind === 'queue' ? [[each.name, each]] : [])));
  const names = new Set([...deployed, ...countsOf.keys(), ...pausedQueues.keys()]);
  return {
    items: [...names].sort().map((queue) => {
      const { paused_at = null, paused_by = null } = pausedQueues.get(queue) ?? {};
      return { ...(countsOf.get(queue) ?? { queue, ...NO_JOBS }), paused_at, paused_by };
    }),
    paused_types: pauses.flatMap(({ kind, name, ...pause }) =>
      kind === 'type' ? [{ type: name, ...pause }] : [],
    ),
  };
}
