import type { JobStatus } from '../../../lambdas/job/status.ts';
import { mayHaveNoEffect } from './explain-job.ts';
import type { BulkRequest, History, KnownJob, ListRead, Operation, View } from './operation.ts';

/** A response to a client's request. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** The kind of a request, which determines how its response is read. */
export type Access =
  | { readonly kind: 'submission' | 'batch' | 'list' }
  | { readonly kind: 'attempts' | 'read'; readonly jobId: string }
  | { readonly kind: 'cancel' | 'retry'; readonly jobId: string }
  | { readonly kind: 'bulk'; readonly action: BulkRequest['action']; readonly batchId: string };

type Times = Pick<Operation, 'start' | 'end'>;

interface JobBody {
  readonly job_id: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly attempt: number;
  readonly end_time: string | null;
  readonly cancel_requested: boolean;
}

/** Records every request in a run that shows or changes jobs, with the times of the request and of the response. */
export class HistoryRecorder implements History {
  readonly jobs = new Map<string, KnownJob>();
  readonly lists: ListRead[] = [];
  readonly bulkRequests: BulkRequest[] = [];
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The number of recorded responses. A response that shows several jobs counts once for each job. */
  get answered(): number {
    const operations = [...this.jobs.values()].flatMap((job) => job.operations);
    return operations.filter((operation) => !mayHaveNoEffect(operation)).length;
  }

  /** Call this before sending a request. @returns a function to call with the response, or with no argument if there was no response */
  begin(tenant: string, access: Access): (answer?: Answer) => void {
    const start = this.#now();
    if (access.kind === 'bulk') {
      const { action, batchId } = access;
      this.bulkRequests.push({ tenant, batchId, action, start });
      return () => undefined;
    }
    return (answer) => {
      this.#record(tenant, access, start, answer);
    };
  }

  #record(
    tenant: string,
    access: Exclude<Access, { kind: 'bulk' }>,
    start: number,
    answer: Answer | undefined,
  ): void {
    const end = this.#now();
    const times = { start, end };
    if (!answer) {
      if (access.kind === 'cancel' || access.kind === 'retry')
        this.#add(tenant, access.jobId, { kind: access.kind, start, end: Infinity });
      return;
    }
    const { status, body } = answer;
    switch (access.kind) {
      case 'submission':
        this.#submission(tenant, times, status, body);
        break;
      case 'batch':
        for (const item of (body.items ?? []) as { status: number; job?: Record<string, unknown> }[])
          this.#submission(tenant, times, item.status, item.job ?? {});
        break;
      case 'list':
        if (status === 200) this.#list(tenant, times, body);
        break;
      case 'attempts':
        if (status === 200) {
          const attempt = (body.items as unknown[]).length;
          const view = { attempt, endTime: null, cancelRequested: false, hasSteps: false };
          this.#add(tenant, access.jobId, { kind: 'read', ...times, view });
        }
        break;
      case 'read':
        if (status === 200) this.#add(tenant, access.jobId, { kind: 'read', ...times, view: viewOf(body) });
        break;
      case 'cancel':
      case 'retry':
        if (status === 200) this.#change(tenant, access, times, viewOf(body));
        if (status === 409) this.#change(tenant, access, times, 'refused');
    }
  }

  #change(
    tenant: string,
    { kind, jobId }: { kind: 'cancel' | 'retry'; jobId: string },
    times: Times,
    view: View | 'refused',
  ): void {
    this.#add(tenant, jobId, { kind, ...times, isEarlier: true });
    if (view === 'refused') this.#add(tenant, jobId, { kind, ...times, isRefused: true });
    // If Errand's own call was retried, its response shows the job's state after the first execution, so the response counts as a read.
    else if (kind === 'retry' && view.status !== 'created')
      this.#add(tenant, jobId, { kind: 'read', ...times, view });
    else this.#add(tenant, jobId, { kind, ...times, view });
  }

  #submission(tenant: string, times: Times, status: number, body: Record<string, unknown>): void {
    if (status !== 200 && status !== 201) return;
    const jobId = String(body.job_id);
    const view = viewOf(body);
    if (status === 201) this.#add(tenant, jobId, { kind: 'create', ...times, view: newView(view) });
    // If the insert was retried, its response shows the job's state after the first insert, so the response also counts as a read.
    this.#add(tenant, jobId, { kind: 'read', ...times, view });
  }

  #list(tenant: string, times: Times, body: Record<string, unknown>): void {
    const items = body.items as (Record<string, unknown> & JobBody)[];
    const hasMore = body.next_cursor !== null;
    this.lists.push({ tenant, ...times, jobIds: items.map(({ job_id: jobId }) => jobId), hasMore });
    for (const item of items) this.#add(tenant, item.job_id, { kind: 'read', ...times, view: viewOf(item) });
  }

  #add(tenant: string, jobId: string, operation: Operation): void {
    const job = this.jobs.get(jobId) ?? { tenant, knownAt: Infinity, operations: [] };
    job.knownAt = Math.min(job.knownAt, operation.end);
    job.operations.push(operation);
    this.jobs.set(jobId, job);
  }
}

/** Returns the job's view as it was right after the job's creation. */
function newView(view: View): View {
  return { ...view, status: 'created', attempt: 0, endTime: null, cancelRequested: false };
}

/** Converts a job in the API's format into a view. */
export function viewOf(body: Record<string, unknown>): View {
  const job = body as unknown as JobBody;
  return {
    status: job.status,
    attempt: job.attempt,
    endTime: job.end_time,
    cancelRequested: job.cancel_requested,
    hasSteps: job.type === 'order',
  };
}
