import { v7 as uuidv7 } from 'uuid';
import type { ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import type { JobDatabase } from '../../helpers/aurora.ts';
import { newJob, result, TENANT } from '../job-rows.ts';
import { childId, childRows, type Children, type Program } from './program.ts';
import { StepInvocation } from './worker.ts';
import { StepWorld } from './world.ts';

const LEASE_MS = 60_000;

/** The duration of short leases and waits, in milliseconds. All statements arrive before this time has passed. */
export const SHORT_MS = 40;

const CHILDREN: Children = { programs: [[], []], endWithParent: true };

/** A program that waits for children and for a signal at the same time, and then runs a step. */
const PROGRAM: Program = [
  [
    { does: 'map', step: 'fan', children: CHILDREN },
    { does: 'signal', step: 'approve' },
  ],
  [{ does: 'run', step: 'after' }],
];

export interface FamilyOptions {
  /** Whether the parent is already suspended. @default it is running, and is about to be suspended */
  readonly isSuspended?: boolean;
  /** Whether the wait for the signal has already ended. */
  readonly hasSignal?: boolean;
  readonly endedChildren?: number;
  /** The timeout of the wait for the signal, in milliseconds. @default - no timeout */
  readonly timeoutMs?: number;
  /** Whether the lease of the parent's worker has expired. */
  readonly isLost?: boolean;
}

/** A parent that waits for a signal and for two running children. */
export class Family {
  readonly world: StepWorld;
  readonly parentId: string = uuidv7();
  readonly #db: JobDatabase;
  #parent: ClaimedJob | undefined;
  readonly #children: ClaimedJob[] = [];
  #workers = 0;

  private constructor(db: JobDatabase) {
    this.#db = db;
    this.world = new StepWorld(db);
  }

  static async create(db: JobDatabase, options: FamilyOptions = {}): Promise<Family> {
    const family = new Family(db);
    await family.#begin(options);
    return family;
  }

  get childIds(): string[] {
    return CHILDREN.programs.map((_program, place) => childId(this.parentId, 'fan', place));
  }

  get jobIds(): string[] {
    return [this.parentId, ...this.childIds];
  }

  async #begin(options: FamilyOptions): Promise<void> {
    const { parentId } = this;
    await this.#db.jobs.insert([newJob({ job_id: parentId, max_attempts: 3 })]);
    this.#parent = await this.#claim(parentId, 'first', options.isLost ? 1 : LEASE_MS);
    await this.#db.jobs.insert(childRows(parentId, 'fan', CHILDREN));
    await this.world.steps.wait(this.#running, { step: 'fan', kind: 'map', total: 2, type: 'sleep' });
    const { timeoutMs } = options;
    const signal = { step: 'approve', kind: 'signal', signal: 'approve' } as const;
    await this.world.steps.wait(this.#running, { ...signal, ...(timeoutMs !== undefined && { timeoutMs }) });
    for (const id of this.childIds) this.#children.push(await this.#claim(id, 'child', LEASE_MS));
    for (let place = 0; place < (options.endedChildren ?? 0); place += 1) await this.end(place);
    if (options.hasSignal) await this.signal('early');
    if (options.isSuspended) await this.suspend();
  }

  get #running(): ClaimedJob {
    if (!this.#parent) throw new Error('The parent was not claimed.');
    return this.#parent;
  }

  async #claim(jobId: string, worker: string, leaseMs: number): Promise<ClaimedJob> {
    const [claim] = await this.#db.attempts.claim([jobId], worker, leaseMs);
    if (claim?.verdict !== 'claimed') throw new Error(`${jobId} is ${String(claim?.verdict)}.`);
    return claim.job;
  }

  /** Suspends the parent on behalf of the first worker. */
  async suspend(): Promise<void> {
    const { jobId, attempt, fence } = this.#running;
    const [recorded] = await this.#db.attempts.record([
      result(jobId, {
        ...{ attempt, fence, status: 'created', outcome: 'suspended' },
        continuation: { steps: ['fan', 'approve'] },
      }),
    ]);
    if (!recorded) throw new Error('No answer.');
    await this.world.follow([recorded]);
    if (recorded.status === 'created' && !recorded.isParked) this.world.send(jobId, recorded.dueInMs);
  }

  async signal(key: string): Promise<void> {
    await this.world.signal(this.parentId, 'approve', key);
  }

  /** Ends a child and wakes the parent, as the child's worker does. */
  async end(place: number): Promise<void> {
    const child = this.#children[place];
    if (!child) throw new Error(`There is no child ${place}.`);
    const { jobId, attempt, fence } = child;
    const recorded = await this.#db.attempts.record([result(jobId, { attempt, fence })]);
    await this.world.follow(recorded);
  }

  async cancel(): Promise<void> {
    await this.world.cancel(this.parentId);
  }

  async wake(): Promise<void> {
    await this.world.wakeParents([this.parentId]);
  }

  /** Delivers a message for the parent. */
  async deliver(): Promise<void> {
    await this.#invoke(this.parentId);
  }

  /** Records a step, as the first worker. The worker may have lost its lease. */
  async writeStep(): Promise<void> {
    const step = { step: 'late', kind: 'run', status: 'success', failures: 0, result: 'first' } as const;
    await this.world.steps.record(this.#running, step);
  }

  /** Checks for the signal again on behalf of the first worker, which may have lost its lease. */
  async waitAgain(): Promise<void> {
    await this.world.steps.wait(this.#running, { step: 'approve', kind: 'signal', signal: 'approve' });
  }

  async #invoke(jobId: string): Promise<void> {
    this.#workers += 1;
    const name = `worker-${this.#workers}`;
    const invocation = new StepInvocation(this.world, name, { fate: 'goes on', repeats: false });
    await invocation.deliver(jobId, (id) => (id === this.parentId ? PROGRAM : []));
  }

  /** Delivers messages until none is left. */
  async settle(): Promise<void> {
    while (!this.world.isQuiet) {
      const [jobId] = this.world.receive(1);
      if (jobId === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
      else await this.#invoke(jobId);
    }
  }

  /** Ends the children and sends the signal, so that the parent has nothing left to wait for. */
  async complete(): Promise<void> {
    await this.settle();
    for (const place of this.#children.keys()) await this.end(place);
    await this.settle();
    await this.signal('last');
    await this.settle();
  }

  /** Returns the parent's status, its number of attempts, the number of signals that it received, and the result of its `after` step. */
  async outcome(): Promise<{ status: string; attempts: number; took: number; after: string | null }> {
    const [row] = await this.#db.sql<{
      status: string;
      attempts: number;
      took: number;
      after: string | null;
    }>(
      `SELECT status, attempt AS attempts,
         (SELECT count(*)::int FROM job_signals s WHERE s.job_id = j.job_id AND taken_by IS NOT NULL) AS took,
         (SELECT result #>> '{}' FROM job_steps s WHERE s.job_id = j.job_id AND step = 'after') AS after
       FROM jobs j WHERE job_id = $1 AND tenant = $2`,
      [this.parentId, TENANT],
    );
    if (!row) throw new Error('The parent is gone.');
    return row;
  }
}
