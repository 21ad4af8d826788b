/** Wakes workers. A message may be delivered twice, late or never, but no job is lost or recorded twice because of that. */
export interface JobQueue {
  /**
   * Sends a message for each job to the job's queue. Returns the ids of jobs whose messages could not be sent, including jobs
   * whose queue this deployment does not have. Does not throw if a message is rejected.
   */
  send(wakeUps: readonly WakeUp[]): Promise<string[]>;
}

export interface WakeUp {
  jobId: string;
  /** Whole seconds. SQS allows at most 900. A longer delay needs a queue that supports such delays. */
  delaySeconds: number;
  /** The job's tenant, so that one tenant's backlog does not delay another tenant's messages. */
  tenant: string;
  /** The name of the job's queue. */
  queue: string;
  /** Whether the job already has a wake-up that is later than this one. @default false */
  isSooner?: boolean;
}

/** A job, with the fields that its message needs. */
export type JobOfTenant = Omit<WakeUp, 'delaySeconds' | 'isSooner'>;

/** The result of a statement that may free slots of concurrency keys. */
export interface MadeRoom {
  /** The parked jobs that the statement woke, each of which needs a message. A single row of the result lists all of them. */
  woken?: readonly JobOfTenant[];
}

export interface QueueDepth {
  /**
   * The number of messages in each queue that a worker could receive now. This is the backlog, which explains why jobs wait.
   */
  visible(): Promise<ReadonlyMap<string, number>>;
}
