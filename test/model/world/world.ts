import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createBulkStore } from '../../../lambdas/adapters/aurora/bulk-store.ts';
import type { DataApi } from '../../../lambdas/adapters/aurora/data-api.ts';
import { BATCH_CLOSED } from '../../../lambdas/adapters/aurora/submission-store.ts';
import { createJobQueue } from '../../../lambdas/adapters/sqs/job-queue.ts';
import { runBulk, type BulkPorts } from '../../../lambdas/job/bulk/run-bulk.ts';
import { createBulk } from '../../../lambdas/jobs/bulk/bulk.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { type Json, MAX_QUEUE_DELAY_SECONDS } from '../../../lambdas/job/job.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import { job } from '../../../lambdas/job/definition.ts';
import { runnable, type RunnableJobTypes } from '../../../lambdas/job/job-type.ts';
import type { Clock } from '../../../lambdas/job/clock.ts';
import type { DedupWindow } from '../../../lambdas/job/dedup.ts';
import type { JobQueue } from '../../../lambdas/job/job-queue.ts';
import type { TenantLimits } from '../../../lambdas/job/tenant-limits.ts';
import { createRecordingLog, type RecordingLog } from '../../helpers/recording-log.ts';
import { Actors, type Actor, type Call } from './actors.ts';
import type { ModelDatabase } from './database.ts';
import { runHandler, type Ending } from './handlers.ts';
import { BATCH_SIZES, queueClient, QueueModel } from './queue.ts';
import { NO_HISTORY, type Rows } from './rows.ts';
import { TableModel, type ActivityInput } from './table.ts';
import { WaitSets } from './wait-sets.ts';

/**
 * The fate of one call:
 * - `goes well`: the call is executed, and the caller gets the response.
 * - `refused`: the call certainly has no effect. The caller learns this only if the store can report it.
 * - `resuming`: like `refused`, but the database reports that it is resuming from its pause. For the other stores, similar to `refused`.
 * - `answer lost`: the call is executed, but the caller gets an error.
 * - `repeated`: the call is executed twice, because the SDK gets no response and retries the call later.
 * - `dies before`, `dies after`: the process ends before or after the call is executed.
 */
export const FATES = [
  'goes well',
  'refused',
  'resuming',
  'answer lost',
  'repeated',
  'dies before',
  'dies after',
] as const;
export type Fate = (typeof FATES)[number];

/** The names of the errors with which the Data API refuses calls. */
const REFUSALS = {
  refused: 'AccessDeniedException',
  resuming: 'DatabaseResumingException',
  unknown: 'TimeoutError',
} as const;

/** The maximum number of requests that may wait for a job to end. */
export const MOST_WAITS = 2;

/** The errors of Lambda calls that did not invoke the function. */
const LAMBDA_REFUSALS = { refused: 'TooManyRequestsException', resuming: 'ServiceException' } as const;

/** The number of earlier worker versions that are kept. */
const KEPT_VERSIONS = 2;

/** A running handler. */
export interface Run {
  readonly actor: Actor;
  readonly jobId: string;
  readonly attempt: number;
}

type Invariants = (world: World, before: Rows, after: Rows) => Promise<void>;

/** The service's actors, its stores, and their shared clock. */
export class World {
  readonly db: ModelDatabase;
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly actors = new Actors();
  readonly queue = new QueueModel(() => this.now);
  readonly table = new TableModel(
    () => this.now,
    (jobId) => {
      this.#expectEnded(jobId);
    },
  );
  readonly waitSets = new WaitSets();
  /** The limits of the model's only tenant, whose submission rate is not limited. */
  readonly limits: TenantLimits;
  readonly log: RecordingLog = createRecordingLog();
  readonly runs = new Set<Run>();
  /** The requests that hold a slot while they wait for a job to end. */
  readonly waiting = new Set<Actor>();
  /** The jobs that a response has named. */
  readonly acknowledged = new Set<string>();
  /** The times at which the model's schedule fired. */
  readonly fired = new Set<string>();
  /** The ends of dedup windows that responses reported, and the times of the requests, in milliseconds. */
  readonly windowEnds: { readonly jobId: string; readonly askedAt: number; readonly end: number }[] = [];
  /** The submissions that, according to their responses, created or replaced a job. */
  readonly applied: { readonly jobId: string; readonly submission: number }[] = [];
  /** The results of acknowledged steps, by `<job> <step>`. */
  readonly recordedSteps = new Map<string, Json>();
  /** The signals that, according to their responses, were accepted: `<job> <key>`. */
  readonly acceptedSignals = new Set<string>();
  /** Violations detected during a step. */
  readonly violations: string[] = [];
  /** The statements executed since the last check. */
  statements: string[] = [];
  rows: Rows = {
    ...{ jobs: new Map(), batches: [], counts: {}, firings: [], payloads: [], unmatched: [] },
    history: NO_HISTORY,
    flow: { pauses: [], limits: [] },
  };
  readonly clock: Clock = {
    now: () => new Date(this.now),
    newId: () => this.#newId(),
    random: () => 0,
  };
  #ids = 0;

  /** Checks the rows before and after a step, and throws if an invariant is violated. */
  readonly #invariants: Invariants;

  /** Whether jobs continue in the worker version that began them. */
  readonly #isPinned: boolean;
  /** The current version of the worker. */
  version = 1;

  /** The number of submitted jobs. A submission's number is its payload. */
  submissions = 0;

  constructor(
    db: ModelDatabase,
    invariants: Invariants,
    { maxJobsInFlight, isPinned }: { readonly maxJobsInFlight: number; readonly isPinned: boolean },
  ) {
    this.db = db;
    this.#isPinned = isPinned;
    this.#invariants = invariants;
    this.limits = { maxJobsInFlight, rate: { take: (_tenant, submissions) => Promise.resolve(submissions) } };
  }

  /** Reads the rows after a step, and checks the invariants of the step. */
  async check(): Promise<void> {
    const rows = await this.db.read();
    await this.#invariants(this, this.rows, rows);
    this.rows = rows;
    this.statements = [];
  }

  /** Returns the nth job's id, in id order. An index beyond the last job wraps around. */
  jobId(index: number): string | undefined {
    const ids = [...this.rows.jobs.keys()];
    return ids[index % ids.length];
  }

  async advance(ms: number): Promise<void> {
    await this.actors.advance(this.now, ms, (now) => {
      this.now = now;
    });
    for (const actor of this.actors.all) {
      // Lambda stops functions at their timeout. The model does not stop workers, so that a hanging worker may write long after its lease has
      // expired.
      if (actor.role !== 'worker' && actor.state === 'active' && this.now >= actor.endsAt) {
        this.actors.kill(actor);
      }
    }
    await this.db.setClock(this.now);
  }

  /** Executes one waiting call, and lets all actors run until they wait again. */
  async carryOut(call: Call, fate: Fate, ending: Ending): Promise<void> {
    if (fate === 'dies before') this.actors.kill(call.actor);
    else if (call.store === 'handler') this.#answer(call, ending);
    else if (fate === 'refused' || fate === 'resuming') this.#refuse(call, fate);
    else await this.#takeEffect(call, fate);
    await this.actors.settle();
  }

  async #takeEffect(call: Call, fate: Fate): Promise<void> {
    let answer: unknown;
    try {
      answer = await call.effect();
    } catch (error) {
      // The caller gets every error. A database error is also a violation, because the adapters' statements are always valid. The only exception is
      // the refusal to add jobs to a closed batch.
      if (call.store === 'aurora' && !String(error).includes(BATCH_CLOSED))
        this.violations.push(`${call.label} failed: ${String(error)}`);
      this.actors.withdraw(call);
      call.reject(error as Error);
      return;
    }
    if (fate === 'dies after') this.actors.kill(call.actor);
    else if (fate === 'answer lost') this.#refuse(call, 'unknown');
    // The worker never retries the invocation of another version, so a Lambda call is not repeated.
    else if (fate !== 'repeated' || call.store === 'lambda') this.#answer(call, answer);
  }

  /** Passes the response to the actor, unless the actor died during the call. */
  #answer(call: Call, answer: unknown): void {
    this.actors.withdraw(call);
    if (call.actor.state !== 'dead') call.resolve(answer);
  }

  #refuse(call: Call, reason: keyof typeof REFUSALS): void {
    this.actors.withdraw(call);
    if (call.actor.state === 'dead') return;
    const name = REFUSALS[reason];
    if (call.store === 'lambda' && reason !== 'unknown')
      call.reject(Object.assign(new Error(reason), { name: LAMBDA_REFUSALS[reason], $fault: 'server' }));
    else if (call.store === 'dynamodb')
      call.reject(new StoreUnavailableError('dynamodb', 'unknown', new Error(name)));
    else call.reject(Object.assign(new Error(name), { name, $metadata: { attempts: 1 } }));
  }

  /** Returns an actor's access to Aurora. */
  dataApi(actor: Actor): DataApi {
    return this.db.dataApi(({ name, parameters, send }) =>
      this.actors.ask(actor, 'aurora', `${name} ${parameters}`, () => {
        this.statements.push(name);
        return send();
      }),
    );
  }

  /** Returns an actor's access to SQS. */
  sqs(actor: Actor): SQSClient {
    return queueClient((operation, input) =>
      this.actors.ask(actor, 'sqs', `${operation} ${JSON.stringify(input)}`, () =>
        this.queue.carryOut(operation, input),
      ),
    );
  }

  /**
   * Returns an actor's queue. If a message's delay exceeds SQS's maximum, the message arrives when it is due, as it would through EventBridge
   * Scheduler.
   */
  jobQueue(actor: Actor): JobQueue {
    const queue = createJobQueue(this.sqs(actor), this.queue.urls(), this.log, BATCH_SIZES);
    return {
      send: async (wakeUps) => {
        const late = wakeUps.filter(({ delaySeconds }) => delaySeconds > MAX_QUEUE_DELAY_SECONDS);
        const soon = wakeUps.filter((wakeUp) => !late.includes(wakeUp));
        const unsent = soon.length > 0 ? await queue.send(soon) : [];
        for (const { jobId, delaySeconds, queue: name } of late) {
          const put = (): void => {
            this.queue.put(name, JSON.stringify({ job_id: jobId }), delaySeconds);
          };
          await this.actors.ask(actor, 'sqs', `CreateSchedule ${jobId}`, put).catch(() => unsent.push(jobId));
        }
        return unsent;
      },
    };
  }

  /** Makes an actor's call that reads or writes the sweeper's activity item. */
  askForMark(actor: Actor, operation: string, input: ActivityInput): Promise<unknown> {
    return this.actors.ask(actor, 'dynamodb', `${operation} activity`, () =>
      this.table.carryOut(operation, input),
    );
  }

  dedup(actor: Actor): DedupWindow {
    return this.table.dedup.adapter(
      () => this.now,
      (what, keys, writes) =>
        this.actors.ask(actor, 'dynamodb', `${what} ${keys.join(', ')}`, () =>
          writes.map((write) => write()),
        ),
    );
  }

  /**
   * Checks that a window that ended early belongs to a debounced job that has started or ended. A client may have retried the job in the meantime.
   */
  #expectEnded(jobId: string): void {
    const job = this.rows.jobs.get(jobId);
    const isWaiting = job?.status === 'created' && job.start_time === null && job.resubmission_id === null;
    if (!job?.debounced || isWaiting)
      this.violations.push(`The window of ${jobId} ended before its job started.`);
  }

  /** Returns one worker's job types. The types' handlers run until a command ends them, or until they are aborted. */
  jobTypes(actor: Actor): RunnableJobTypes {
    const run = (payload: unknown, context: JobContext): Promise<Json> =>
      runHandler(this, actor, payload, context);
    const bulk = runnable(
      createBulk((request, context) => runBulk(request, context, this.#bulkPorts(actor))),
    );
    return {
      find: (name) =>
        name === bulk.name
          ? bulk
          : runnable(
              job(name, {
                payload: z.unknown(),
                versioning: this.#isPinned ? 'pinned' : 'latest',
                run,
              }),
            ),
    };
  }

  /** Whether a version of the worker can still be invoked. */
  isKept(version: number): boolean {
    return version >= this.version - KEPT_VERSIONS;
  }

  #bulkPorts(actor: Actor): BulkPorts {
    return {
      store: createBulkStore(this.dataApi(actor), [...this.queue.names]),
      queue: this.jobQueue(actor),
      clock: this.clock,
      maxJobsInFlight: this.limits.maxJobsInFlight,
      log: this.log,
    };
  }

  /** Creates ids that increase over time, like UUIDv7. */
  #newId(): string {
    this.#ids += 1;
    return `01900000-0000-7000-8000-${this.#ids.toString(16).padStart(12, '0')}`;
  }
}
