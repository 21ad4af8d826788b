/** Wakes workers. Messages may be delivered twice, late, or never; none of this harms a job. */
export interface JobQueue {
  /**
   * Sends a message for each job to the job's queue. Returns the ids of jobs whose messages could not be sent, including jobs
   * whose queue this deployment does not have. Never throws because a message was rejected.
   */
  send(wakeUps: readonly WakeUp[]): Promise<string[]>;
}

export interface WakeUp {
  jobId: string;
  /** Whole seconds. SQS allows a delay of at most 900; longer delays need a queue that supports them. */
  delaySeconds: number;
  /** The job's tenant, so that one tenant's backlog does not delay another tenant's messages. */
  tenant: string;
  /** The name of the job's queue. */
  queue: string;
  /** Whether this wake-up is sooner than one already scheduled for the job. @default false */
  isSooner?: boolean;
}

/** A job, with the fields that its message needs. */
export type JobOfTenant = Omit<WakeUp, 'delaySeconds' | 'isSooner'>;

/** The result of a statement that frees slots of concurrency keys. */
export interface MadeRoom {
  /** Parked jobs that the statement woke. Each needs a message. A single row of the statement's result lists all of them. */
  woken?: readonly JobOfTenant[];
}

export interface QueueDepth {
  /**
   * The number of messages in each queue that a worker could receive now, that is, the backlog that explains why jobs wait.
   */
  visible(): Promise<ReadonlyMap<string, number>>;
}
