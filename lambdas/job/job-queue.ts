/** Wakes workers. Delivery is at least once, maybe late, and a message may get lost: none of it harms a job. */
export interface JobQueue {
  /** Sends a message per job; returns the ids that could not be sent. Never throws for a single message's failure. */
  send(wakeUps: readonly WakeUp[]): Promise<string[]>;
}

export interface WakeUp {
  jobId: string;
  /** Whole seconds. SQS delays by at most 900; longer delays need a queue that supports them. */
  delaySeconds: number;
  /** The job's tenant, so that one tenant's backlog does not delay another's messages. */
  tenant: string;
}

/** A job and its tenant. */
export interface JobOfTenant {
  jobId: string;
  tenant: string;
}

export interface QueueDepth {
  /** Messages that a worker could receive now: a backlog that explains why jobs wait. */
  visible(): Promise<number>;
}
