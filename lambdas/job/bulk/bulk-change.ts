import type { AuditAction } from '../audit.ts';
import type { EndedJobs, EndedJobsStore } from '../ended-jobs.ts';
import type { FieldError } from '../errors.ts';
import { matchesEverything, type JobFilter } from '../job-filter.ts';
import type { JobOfTenant } from '../job-queue.ts';
import { statesThatAllow, type JobStatus } from '../status.ts';

export const BULK_ACTIONS = ['cancel', 'retry', 'delete'] as const;

export type BulkAction = (typeof BULK_ACTIONS)[number];

/** The job states that each action changes. */
export const CHANGED_STATUSES: Readonly<Record<BulkAction, readonly JobStatus[]>> = {
  cancel: ['created', 'running'],
  retry: statesThatAllow('resubmit'),
  delete: ['success', 'failed', 'canceled'],
};

/** The audit action recorded for each changed job. */
export const AUDIT_ACTION_OF: Readonly<Record<BulkAction, AuditAction>> = {
  cancel: 'job.cancel',
  retry: 'job.retry',
  delete: 'job.delete',
};

/** Returns the filter. A filter without states is limited to the states that the action can change. */
export function filterOf(action: BulkAction, filter: JobFilter): JobFilter {
  return { ...filter, status: filter.status ?? CHANGED_STATUSES[action] };
}

/**
 * Returns the problem with a bulk change's filter; undefined if the filter is valid. The filter must not name states that
 * the action never changes. A filter that matches every job that the action can change needs the client's confirmation.
 */
export function problemOf(
  action: BulkAction,
  filter: JobFilter,
  isConfirmed: boolean,
): FieldError | undefined {
  const states = CHANGED_STATUSES[action];
  const others = (filter.status ?? []).filter((status) => !states.includes(status));
  if (others.length > 0) {
    const message = `must not have ${others.join(', ')}: ${action} changes only jobs that are ${states.join(', ')}`;
    return { field: 'filter.status', message };
  }
  const isOfEveryState = states.every((status) => filter.status?.includes(status) ?? true);
  if (isConfirmed || !isOfEveryState || !matchesEverything({ ...filter, status: undefined }))
    return undefined;
  const message = `must be "all", because the filter matches every job that can be changed: confirm it, or add a condition to the filter`;
  return { field: 'confirm', message };
}

/** A bulk job's counts so far. `skipped` jobs match the filter, but could not be changed. */
export interface BulkCounts {
  readonly matched: number;
  readonly changed: number;
  readonly skipped: number;
}

/** A bulk job's progress. */
export interface BulkPosition extends BulkCounts {
  /** The number of rounds so far. */
  readonly round: number;
  /** The first and last job examined so far; null before the first round. */
  readonly firstId: string | null;
  readonly lastId: string | null;
  readonly isDone: boolean;
}

export interface BulkRound {
  readonly tenant: string;
  /** The bulk job's id. */
  readonly jobId: string;
  readonly action: BulkAction;
  readonly filter: JobFilter;
  readonly position: BulkPosition;
  /** The maximum number of jobs to examine in this round. */
  readonly limit: number;
  /** The maximum number of unfinished jobs per tenant; 0 for no limit. */
  readonly maxJobsInFlight: number;
  /** A new UUIDv7. All ids generated in the round start with this id's timestamp. */
  readonly newId: string;
}

export interface BulkRoundResult {
  readonly position: BulkPosition;
  /** Jobs that are now due and need a message. */
  readonly wakeUps: readonly JobOfTenant[];
  /** The follow-up work for jobs that this round ended. */
  readonly ended: EndedJobs;
  /** Whether the round stopped early because the next job would exceed the tenant's limit on unfinished jobs. */
  readonly isWithoutRoom: boolean;
}

export interface BulkCount {
  readonly matched: number;
  /** The last examined job, after which the next round continues; null if no jobs are left. */
  readonly continueAfter: string | null;
}

/** Changes many of a tenant's jobs. Never changes other tenants' jobs or any bulk jobs. */
export interface BulkStore extends EndedJobsStore {
  /** Reads a bulk job's progress and its submission time. */
  begin(tenant: string, jobId: string): Promise<{ position: BulkPosition; createTime: string }>;
  /**
   * Changes the next jobs and advances the position, in one statement. Repeating a round changes nothing and returns the
   * current position.
   */
  change(round: BulkRound): Promise<BulkRoundResult>;
  /** Counts the matching jobs among the next `limit` jobs. */
  count(tenant: string, filter: JobFilter, after: string | undefined, limit: number): Promise<BulkCount>;
}
