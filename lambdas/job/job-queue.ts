/**
 * Sends the messages that wake workers. A message may be delivered twice, late or never, but no job is lost or recorded
 * twice as a result.
 */
export interface JobQueue {
  /**
   * Sends a message for each job to the job's queue. Returns the ids of jobs whose messages could not be sent, including
   * jobs whose queue is not part of this deployment. Does not throw if a message is rejected.
   */
  send(wakeUps: readonly WakeUp[]): Promise<string[]>;
}

export interface WakeUp {
  jobId: string;
  /**
   * The message's delay in whole seconds. SQS allows at most 900 seconds; EventBridge Scheduler sends messages with
   * longer delays.
   */
  delaySeconds: number;
  /** The job's tenant, which the queue uses to keep one tenant's backlog from delaying another tenant's messages. */
  tenant: string;
  /** The name of the job's queue. */
  queue: string;
  /** Whether the job already has a wake-up at a later time. @default false */
  isSooner?: boolean;
}

/** A job, with the fields that its message needs. */
export type JobOfTenant = Omit<WakeUp, 'delaySeconds' | 'isSooner'>;

/** The result of a statement that may free concurrency slots. */
export interface MadeRoom {
  /**
   * The parked jobs that the statement woke, each of which needs a message. Only one row of the result contains this
   * list.
   */
  woken?: readonly JobOfTenant[];
}

export interface QueueDepth {
  /** Returns each queue's backlog: the number of messages that a worker could receive now. */
  visible(): Promise<ReadonlyMap<string, number>>;
}
