import { setTimeout as wait } from 'node:timers/promises';
import type { AttemptResult, Claim, ClaimedJob } from '../../lambdas/job/attempt-store.ts';
import type { JobOfTenant } from '../../lambdas/job/job-queue.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import type { JobDatabase } from '../helpers/aurora.ts';
import { KEYS_OF_RACE, PAUSABLE, type Change, type Fate, type Scenario } from './flow-race-scenario.ts';
import { CALLBACK, newJob, result, TENANT } from './job-rows.ts';

const LEASE_MS = 60_000;
/** The lease duration for a worker that may die or respond late, in milliseconds. */
const SHORT_LEASE_MS = 60;
const RETRY_MS = 15;

/**
 * SQL that locks a key, so that the key's limit can't change between a claim's decision and the check at the end of the claim's transaction.
 */
const LOCKED_KEY = `locked AS MATERIALIZED (
  SELECT pg_advisory_xact_lock(flow_lock('concurrency key', $1, $2)))`;

interface Message {
  readonly jobId: string;
  readonly queue: string;
  visibleAt: number;
}

type Waking = readonly { woken?: readonly JobOfTenant[] }[];

/**
 * A race of workers, clients and operators that concurrently change the same jobs, with the same statements as the functions. Messages are sent
 * only for new jobs, and for jobs whose statements request a message. There is no sweeper.
 */
export class FlowRace {
  /** The statements that failed. */
  readonly errors: string[] = [];
  readonly #db: JobDatabase;
  readonly #scenario: Scenario;
  readonly #jobIds: string[] = [];
  readonly #fates = new Map<string, readonly Fate[]>();
  #messages: Message[] = [];
  /** The number of deliveries and changes in progress. */
  #busy = 0;
  #workers = 0;

  constructor(db: JobDatabase, scenario: Scenario) {
    this.#db = db;
    this.#scenario = scenario;
  }

  /** Resolves when all jobs have been submitted, all changes have been made, and no message is left. */
  async run(): Promise<void> {
    const { changes } = this.#scenario;
    await this.#untilQuiet([this.#submitAll(), ...changes.map((list) => this.#changeAll(list))]);
  }

  /** Ends all pauses and limits, and lets the workers finish. */
  async removeObstacles(): Promise<void> {
    const resumes = PAUSABLE.map(([kind, name]): Change => ({ does: 'resume', kind, name }));
    const clears = KEYS_OF_RACE.map((key): Change => ({ does: 'clear limit', key }));
    await this.#untilQuiet([this.#changeAll(resumes), this.#changeAll(clears)]);
  }

  async #untilQuiet(actors: readonly Promise<void>[]): Promise<void> {
    let over = 0;
    for (const actor of actors) void actor.finally(() => (over += 1));
    const isQuiet = (): boolean => over === actors.length && this.#busy === 0 && this.#messages.length === 0;
    await Promise.all([...actors, ...this.#scenario.batches.map((most) => this.#work(most, isQuiet))]);
  }

  async #attempt(what: string, run: () => Promise<unknown>): Promise<void> {
    this.#busy += 1;
    try {
      await run();
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      this.errors.push(`${what}: ${String(error)} ${String(cause)}`);
    } finally {
      this.#busy -= 1;
    }
  }

  async #submitAll(): Promise<void> {
    const rows = this.#scenario.jobs.map(({ job, fates }) => ({ row: newJob(job), fates }));
    for (let at = 0; at < rows.length; at += 3) {
      await this.#attempt('submit', async () => {
        const group = rows.slice(at, at + 3);
        for (const { row, fates } of group) this.#fates.set(row.job_id, fates);
        await this.#db.jobs.insert(group.map(({ row }) => row));
        for (const { row } of group) {
          this.#jobIds.push(row.job_id);
          this.#send(row.job_id, row.queue);
        }
      });
    }
  }

  async #changeAll(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      await wait(5);
      await this.#attempt(change.does, () => this.#change(change));
    }
  }

  async #change(change: Change): Promise<void> {
    const { jobs } = this.#db;
    const sql = (text: string, values: readonly unknown[]): Promise<object[]> => this.#db.sql(text, values);
    switch (change.does) {
      case 'cancel':
      case 'retry': {
        const jobId = this.#jobIds[change.nth % this.#jobIds.length];
        if (jobId === undefined) return;
        if (change.does === 'cancel') {
          const canceled = await jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
          this.#wake(canceled ? [canceled] : []);
        } else {
          const retried = await jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'));
          if (retried?.applied) this.#send(jobId, retried.job.queue);
        }
        return;
      }
      case 'pause':
        await sql('INSERT INTO pauses (tenant, kind, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
          TENANT,
          change.kind,
          change.name,
        ]);
        return;
      case 'resume':
        await sql('DELETE FROM pauses WHERE (tenant, kind, name) = ($1, $2, $3)', [
          TENANT,
          change.kind,
          change.name,
        ]);
        for (const queue of change.kind === 'queue' ? [change.name] : ['default', 'images']) {
          await this.#wakeInRounds('SELECT * FROM wake_resumed($1, $2, 5)', [TENANT, queue]);
        }
        return;
      case 'set limit':
        await sql(
          `WITH ${LOCKED_KEY}
           INSERT INTO concurrency_limits (tenant, concurrency_key, max_running) SELECT $1, $2, $3 FROM locked
           ON CONFLICT (tenant, concurrency_key) DO UPDATE SET max_running = excluded.max_running`,
          [TENANT, change.key, change.limit],
        );
        await this.#wakeKey(change.key);
        return;
      case 'clear limit':
        await sql(
          `WITH ${LOCKED_KEY}
           DELETE FROM concurrency_limits USING locked WHERE (tenant, concurrency_key) = ($1, $2)`,
          [TENANT, change.key],
        );
        await this.#wakeKey(change.key);
    }
  }

  async #wakeKey(key: string): Promise<void> {
    await this.#wakeInRounds(
      `SELECT w.* FROM (
         SELECT job_id FROM jobs WHERE tenant = $1 AND concurrency_key = $2 AND status IN ('created', 'running') LIMIT 1) AS j,
         wake_parked(ARRAY[j.job_id], '{}', 5) AS w`,
      [TENANT, key],
    );
  }

  async #wakeInRounds(text: string, values: readonly unknown[]): Promise<void> {
    for (;;) {
      const rows = await this.#db.sql<{ woken_id: string; woken_queue: string }>(text, values);
      for (const { woken_id: jobId, woken_queue: queue } of rows) this.#send(jobId, queue);
      if (rows.length === 0) return;
    }
  }

  #send(jobId: string, queue: string, afterMs = 0): void {
    this.#messages.push({ jobId, queue, visibleAt: performance.now() + afterMs });
  }

  #wake(rows: Waking): void {
    for (const { jobId, queue } of rows.flatMap(({ woken = [] }) => woken)) this.#send(jobId, queue);
  }

  #receive(most: number): Message[] {
    const visible = this.#messages.filter(({ visibleAt }) => visibleAt <= performance.now());
    const batch = visible.filter(({ queue }) => queue === visible[0]?.queue).slice(0, most);
    this.#messages = this.#messages.filter((message) => !batch.includes(message));
    return batch;
  }

  async #work(most: number, isQuiet: () => boolean): Promise<void> {
    while (!isQuiet()) {
      const batch = this.#receive(most);
      if (batch.length > 0) await this.#attempt('deliver', () => this.#deliver(batch));
      else await wait(2);
    }
  }

  #fateOf({ jobId, attempt, maxAttempts }: ClaimedJob): Fate {
    const fates = this.#fates.get(jobId) ?? [];
    const fate = fates[(attempt - 1) % fates.length] ?? 'succeeds';
    return fate === 'is retried' && attempt >= maxAttempts ? 'fails' : fate;
  }

  /** Claims and runs the jobs, records the results, and settles the messages, as a worker does. */
  async #deliver(batch: readonly Message[]): Promise<void> {
    this.#workers += 1;
    const number = this.#workers;
    const mayDie = number % 3 === 0;
    const worker = `${mayDie ? 'dying' : 'living'}-${number}`;
    const jobIds = [...new Set(batch.map(({ jobId }) => jobId))];
    const claim = (): Promise<Claim[]> =>
      this.#db.attempts.claim(jobIds, worker, mayDie ? SHORT_LEASE_MS : LEASE_MS);
    let claims = await claim();
    this.#wake(claims);
    if (number % 4 === 0) {
      // Simulates a lost response. Other workers continue before this worker retries the claim.
      await wait(10);
      claims = await claim();
      this.#wake(claims);
    }
    const jobs = claims.flatMap((each) => (each.verdict === 'claimed' ? [each.job] : []));
    await wait(jobs.length * 2);
    const fateOf = new Map(jobs.map((job) => [job.jobId, this.#fateOf(job)]));
    if (mayDie && [...fateOf.values()].includes('dies')) {
      await wait(SHORT_LEASE_MS);
      for (const { jobId, queue } of batch) this.#send(jobId, queue);
      return;
    }
    if (mayDie && [...fateOf.values()].includes('answers late')) await wait(SHORT_LEASE_MS + 20);
    const results = jobs.map((job) => resultOf(job, fateOf.get(job.jobId) ?? 'succeeds'));
    const recorded = results.length > 0 ? await this.#db.attempts.record(results) : [];
    this.#wake(recorded);
    const recordOf = new Map(recorded.map((each) => [each.jobId, each]));
    const claimOf = new Map(claims.map((each) => [each.jobId, each]));
    for (const { jobId, queue } of batch) {
      const record = recordOf.get(jobId);
      const own = claimOf.get(jobId);
      if (record?.status === 'created') this.#send(jobId, queue, Math.min(record.dueInMs, SHORT_LEASE_MS));
      else if (record?.status === 'running') this.#send(jobId, queue, SHORT_LEASE_MS);
      else if (own?.verdict === 'yielded' || own?.verdict === 'putOff') this.#send(jobId, queue);
      else if (own?.verdict === 'waiting') this.#send(jobId, queue, own.dueInMs);
      else if (own?.verdict === 'leased')
        this.#send(jobId, queue, Math.min(own.leaseEndsInMs, SHORT_LEASE_MS));
      else if (!record && own?.verdict !== 'finished' && own?.verdict !== 'parked')
        this.errors.push(`A message of ${jobId} met ${own?.verdict ?? 'no job'}.`);
    }
    for (const { jobId, queue } of jobs) {
      const record = recordOf.get(jobId);
      // If another worker has taken over or parked the job, no message is sent here: the job already has one or needs none.
      if (!jobIds.includes(jobId) && record?.recorded && record.status === 'created')
        this.#send(jobId, queue, record.dueInMs);
    }
  }
}

function resultOf({ jobId, attempt, fence }: ClaimedJob, fate: Fate): AttemptResult {
  const of = { attempt, fence };
  if (fate === 'is retried')
    return result(jobId, { ...of, status: 'created', outcome: 'failed', retryInMs: RETRY_MS });
  return fate === 'fails' ? result(jobId, { ...of, status: 'failed', outcome: 'failed' }) : result(jobId, of);
}
