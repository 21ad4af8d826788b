import type { Attempt, Job, JobSummary, Json, NewJob, Progress } from './job.ts';
import type { JobStatus } from './status.ts';

/** Structured logging: one message, and fields that name what it is about. Never a payload, a key or a signed URL. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The clock and the sources of ids and chance. */
export interface Chance {
  readonly now: () => Date;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** The first submission of an object in its window holds the window. */
export interface DedupHolder {
  jobId: string;
  /** Which submission wrote the key last; only that one may release it. */
  owner: string;
  windowEndsAt: Date;
}

export interface DedupKey {
  tenant: string;
  objectId: string;
}

/** Answers one question: was this object submitted in the last window, and as which job? */
export interface DedupWindow {
  /** Opens the window for `holder` unless another submission holds it; then that one is returned. */
  open(
    key: DedupKey,
    holder: DedupHolder,
  ): Promise<{ opened: true } | { opened: false; holder: DedupHolder }>;
  /**
   * Takes over a key whose submission died before it wrote the job: `to` becomes its owner, instead of `from`. Its job and the
   * end of its window stay, for clients may know both. False where somebody was faster.
   */
  adopt(key: DedupKey, from: string, to: string): Promise<boolean>;
  /** Closes the window if `owner` still is its owner. */
  release(key: DedupKey, owner: string): Promise<void>;
}

/** Tells the sweeper that there may be work, without waking the database. */
export interface Activity {
  /** A submission or a resubmission is about to write. Cheap: most calls do nothing. */
  mark(): Promise<void>;
}

/** Reads one job. */
export interface JobReader {
  get(tenant: string, jobId: string): Promise<Job | undefined>;
  /** The job's status alone: what a client that waits asks for again and again. */
  status(tenant: string, jobId: string): Promise<JobStatus | undefined>;
}

/** Writes new jobs, and finds those that were there first: whole ones, or summaries where there may be many. */
export interface SubmissionStore<Document extends JobSummary> {
  find(tenant: string, jobIds: readonly string[]): Promise<Document[]>;
  /**
   * Writes jobs that are not there yet, in one statement; `inserted` is false where another submission had written
   * the job_id before.
   * @throws StoreUnavailableError
   */
  insert(jobs: readonly NewJob[]): Promise<Inserted<Document>[]>;
  /**
   * The same, but for the jobs beyond `maxInFlight` of their tenant that have not ended: those are not in the answer. `applied`
   * says of these whether they are certainly not written, or whether a lost request may still write them.
   * @throws StoreUnavailableError
   */
  insertThatFit(
    jobs: readonly NewJob[],
    maxInFlight: number,
  ): Promise<{ written: Inserted<Document>[]; applied: 'no' | 'unknown' }>;
}

/** A job that is there; `inserted` is false where another submission had written it. */
export interface Inserted<Document extends JobSummary> {
  job: Document;
  inserted: boolean;
}

/** Counts the submissions of a tenant, second by second. */
export interface SubmissionRate {
  /**
   * Counts so many submissions that want in together, and returns how many of them the present second has room for: all of
   * them where there is no limit.
   * @throws StoreUnavailableError
   */
  take(tenant: string, submissions: number): Promise<number>;
}

/** What one tenant may take of the deployment. */
export interface TenantLimits {
  /** The most jobs that have not ended; 0 for no limit. */
  maxJobsInFlight: number;
  rate: SubmissionRate;
}

/** Limits how many requests wait for a job's end at the same time, per tenant and in total: each occupies an instance of the api. */
export interface WaitSlots {
  /**
   * Takes a slot for one wait; undefined if all slots of the tenant, or all slots there are, are taken.
   * @throws StoreUnavailableError
   */
  take(tenant: string): Promise<WaitSlot | undefined>;
}

export interface WaitSlot {
  /**
   * Frees the slot. One that is never released becomes free within a minute.
   * @throws StoreUnavailableError
   */
  release(): Promise<void>;
}

/** Reads and changes jobs. All writes are idempotent: the same call twice has the effect of one. */
export interface JobStore extends JobReader {
  list(query: JobQuery): Promise<JobSummary[]>;
  attempts(tenant: string, jobId: string): Promise<Attempt[] | undefined>;
  /** Cancels a job that waits, and asks a running one to stop. Returns the job as it is then; `applied` is false where its state did not allow it. */
  cancel(tenant: string, jobId: string): Promise<{ job: Job; applied: boolean } | undefined>;
  /**
   * Puts a failed or canceled job back to `created`, with at least one attempt left, unless its tenant has `maxInFlight` jobs that
   * have not ended (0 for no limit): then it `isBeyondLimit`. The same request again changes nothing, and is answered as the
   * first. Its next end is told by a job with the request's id, if it has a callback.
   */
  resubmit(
    tenant: string,
    jobId: string,
    requestId: string,
    maxInFlight: number,
  ): Promise<Resubmitted | undefined>;
}

/** The job as it is after a resubmission, which applied, or did not for the job's state or for a limit. */
export interface Resubmitted {
  job: Job;
  applied: boolean;
  /** The job's state allows another run, and its tenant has no room for one. */
  isBeyondLimit: boolean;
}

export interface JobQuery {
  tenant: string;
  status?: JobStatus | undefined;
  type?: string | undefined;
  objectId?: string | undefined;
  /** Only jobs older than this one: the keyset. */
  before?: string | undefined;
  limit: number;
}

/** Wakes workers. Delivery is at least once, maybe late, and a message may get lost: none of it harms a job. */
export interface JobQueue {
  /** Sends a message per job; returns the ids that could not be sent. Never throws for a single message's failure. */
  send(wakeUps: readonly WakeUp[]): Promise<string[]>;
}

export interface WakeUp {
  jobId: string;
  /** Whole seconds. SQS delays by 900 at the most; what is longer needs a queue that knows longer delays. */
  delaySeconds: number;
  /** Whose job it is: one tenant's backlog then does not hold up another's messages. */
  tenant: string;
}

/** A job, and whose it is. */
export interface JobOfTenant {
  jobId: string;
  tenant: string;
}

/** What a worker's claim on one job came to. Durations are milliseconds from the moment of the answer. */
export type Claim =
  | { jobId: string; verdict: 'claimed'; job: ClaimedJob }
  /** Not due yet. */
  | { jobId: string; verdict: 'waiting'; dueInMs: number }
  /** Another attempt holds a live lease. */
  | { jobId: string; verdict: 'leased'; leaseEndsInMs: number }
  /** Terminal already, or made so by this claim: cancelled, or out of attempts. Then its callback waits to be sent. */
  | { jobId: string; verdict: 'finished'; callback?: JobOfTenant }
  | { jobId: string; verdict: 'unknown' };

/** What a webhook is signed as, and with which of its tenant's keys. */
export interface Signing {
  /** `callback` where Errand tells the outcome of a job, `webhook` where a client chose the body. */
  kind: 'callback' | 'webhook';
  /** The generations of the tenant's key that sign, newest first: two for as long as the one before signs too. */
  generations: number[];
}

export interface ClaimedJob {
  jobId: string;
  tenant: string;
  type: string;
  payload: Json;
  attempt: number;
  maxAttempts: number;
  timeoutSeconds: number;
  /** Only of a webhook. */
  signing?: Signing;
}

/** A sign of life of a running attempt; `progress` is null where nothing new was reported. */
export interface Beat {
  jobId: string;
  attempt: number;
  progress: Progress | null;
}

/** How an attempt ended, as its worker writes it down. */
export interface AttemptResult {
  jobId: string;
  attempt: number;
  /** The job's next state; `created` means another attempt after `retryInMs`. */
  status: 'success' | 'failed' | 'canceled' | 'created';
  outcome: NonNullable<Attempt['outcome']>;
  message: string | null;
  result: Json;
  /** What the handler reported last, if it reported anything. */
  progress: Progress | null;
  retryInMs: number;
}

/** What the store holds once a result was offered. `recorded` is false for a superseded attempt: it changed nothing. */
export interface Recorded {
  jobId: string;
  recorded: boolean;
  status: JobStatus;
  /** Milliseconds until the job is due, for one that waits again. */
  dueInMs: number;
  /** The job that tells this one's outcome, where this record made it terminal. */
  callbackJobId: string | null;
}

/** The worker's side of the store: one statement per batch each. */
export interface AttemptStore {
  /**
   * Claims every job that may run now, for as long as the function may run. The same worker claiming the same job again
   * gets its own claim back, so a claim whose answer was lost can be repeated.
   * @param worker names this invocation
   */
  claim(jobIds: readonly string[], worker: string, leaseMs: number): Promise<Claim[]>;
  /** Writes what running attempts report, and says which must stop: a client cancelled them, or another attempt took over. */
  beat(beats: readonly Beat[]): Promise<{ jobId: string; reason: 'canceled' | 'superseded' }[]>;
  record(results: readonly AttemptResult[]): Promise<Recorded[]>;
}

/** What has become of a job whose message ended in the dead-letter queue. */
export type DeadLetterVerdict =
  | { jobId: string; verdict: 'unknown' }
  | {
      jobId: string;
      tenant: string;
      verdict: 'finished' | 'lost' | 'send_again';
      /** Seconds until the job can be claimed. */
      delaySeconds: number;
      /** The job that tells the outcome of one that was `lost`, if it has a callback. */
      callbackJobId?: string;
    };

export interface DeadLetterStore {
  /** Fails the jobs that are out of attempts (`lost`), in one statement, and says which others need another message. */
  settle(jobIds: readonly string[]): Promise<DeadLetterVerdict[]>;
}

export interface SweepStore {
  /**
   * Takes up to `limit` jobs that should have been claimed `afterSeconds` ago and puts them off by as much again.
   * `nextInMs` says in how many milliseconds the first job that is not terminal needed looking after: that it is due, or its
   * lease ends. Negative for one that was overdue, null where every job is terminal.
   */
  takeOverdue(afterSeconds: number, limit: number): Promise<{ jobs: JobOfTenant[]; nextInMs: number | null }>;
  /**
   * Takes overdue jobs as above, but of each tenant its oldest `ofEach` at the most. Where that is more than `limit`, tenants
   * with few come first, and each one's first before any one's second.
   */
  takeOverdueOfEachTenant(afterSeconds: number, ofEach: number, limit: number): Promise<JobOfTenant[]>;
}

/** Deletes what has ended long ago. */
export interface PruneStore {
  /**
   * Deletes up to `limit` jobs, with their attempts, and as many messages that ended more than `retentionDays` ago, in one
   * statement. Never one that has not ended. `oldestEnd` says when the first of those that ended later did so; null
   * without any.
   */
  prune(
    retentionDays: number,
    limit: number,
  ): Promise<{ jobs: number; messages: number; oldestEnd: Date | null }>;
}

/** What is known without asking the database. */
export interface Marks {
  /** Whether anything may have been written since the sweeper last saw that no work remains. */
  mayHaveWork: boolean;
  /** When the first of what the last pruning left had ended; null where none ever ran. */
  oldestEnd: Date | null;
}

/** The sweeper's own reading of {@link Activity}. */
export interface ActivityLog {
  look(): Promise<Marks>;
  /**
   * No work remained when a check that began at `checkedAt` looked, but for what is due from `dueAt` on; null where there is
   * nothing.
   */
  settle(checkedAt: Date, dueAt: Date | null): Promise<void>;
  /** Everything that has ended and is still there did so at `oldestEnd` or later. */
  notePruned(oldestEnd: Date): Promise<void>;
}

export interface QueueDepth {
  /** Messages that a worker could receive now: a backlog that explains why jobs wait. */
  visible(): Promise<number>;
}

/** A form that uploads one file, straight from the client to the store: a POST of its fields, then the file. */
export interface UploadForm {
  url: string;
  /** What the form's fields must be, all of them and no others. */
  fields: Record<string, string>;
}

/** What a file must be for its form to take it. */
export interface UploadConditions {
  contentType: string | undefined;
  /** Bytes. */
  minBytes: number;
  maxBytes: number;
  /** Seconds from now. */
  expiresIn: number;
}

/** Takes the files that jobs read. */
export interface UploadStore {
  /** @throws StoreUnavailableError */
  put(key: string, bytes: Uint8Array, contentType: string | undefined): Promise<void>;
  /** Signs a form for one file of this key. Asks nobody. */
  form(key: string, conditions: UploadConditions): Promise<UploadForm>;
}

/** A file whose bytes are being read. */
export interface OpenFile {
  /** How many there are. */
  bytes: number;
  /** All of them in order, in pieces of any size, each the reader's own. Who does not read to the end breaks off the loop. */
  stream: AsyncIterable<Uint8Array>;
}

/** Reads the files that clients uploaded. */
export interface FileStore {
  /**
   * @param signal ends the stream, with its reason as the error
   * @returns undefined where there is no such file
   */
  open(key: string, signal: AbortSignal): Promise<OpenFile | undefined>;
}
