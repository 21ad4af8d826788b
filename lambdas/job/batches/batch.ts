import type * as z from 'zod';
import type { Callback, Json, NewJob } from '../job.ts';
import type { TraceContext } from '../trace-context.ts';
import type { batch } from './batch-schema.ts';

/** A batch in the API's format. A batch's jobs are submitted with the same batch id, and counted together. */
export type Batch = z.output<typeof batch>;

/** The job to submit when a batch is completed. */
export interface NewOnComplete extends Pick<
  NewJob,
  'priority' | 'concurrency' | 'rate_limit' | 'tags' | 'metadata'
> {
  job_id: string;
  type: string;
  queue: string;
  payload: Json;
  max_attempts: number;
  timeout_seconds: number;
  /** @default - a day */
  max_duration_seconds?: number | undefined;
  callback: Callback | null;
  trace?: TraceContext | undefined;
}

/** Reads and changes batches. All writes are idempotent. */
export interface BatchStore {
  /**
   * Creates the batch if it doesn't exist. If the batch is still open, sets its on_complete job, and closes the batch if
   * `closes` is set. `isRefused` is true if the batch was already closed with a different on_complete job.
   */
  put(
    tenant: string,
    batchId: string,
    change: { onComplete: NewOnComplete | null; closes: boolean },
  ): Promise<{ batch: Batch; isRefused: boolean }>;
  get(tenant: string, batchId: string): Promise<Batch | undefined>;
  /** Whether the batch is completed; undefined if the batch does not exist. */
  isCompleted(tenant: string, batchId: string): Promise<boolean | undefined>;
  /** Lists batches, newest first. */
  list(tenant: string, after: BatchPlace | undefined, limit: number): Promise<ListedBatch[]>;
}

/** A batch's position in the list. */
export interface BatchPlace {
  /** Microseconds since 1970. */
  createdAtMicros: number;
  batchId: string;
}

export interface ListedBatch {
  batch: Batch;
  place: BatchPlace;
}
