import { v7 as uuidv7 } from 'uuid';
import type { ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import type { JobDatabase } from '../../helpers/aurora.ts';
import { newJob, result, TENANT } from '../job-rows.ts';
import { childId, childRows, type Children, type Program } from './program.ts';
import { StepInvocation } from './worker.ts';
import { StepWorld } from './world.ts';

const LEASE_MS = 60_000;

/** Long enough that every statement has arrived when a short lease or wait ends, in milliseconds. */
export const SHORT_MS = 40;

const CHILDREN: Children = { programs: [[], []], endWithParent: true };

/** A program with two waits at the same time, and a step after each fan-in. */
const PROGRAM: Program = [
  [
    { does: 'map', step: 'fan', children: CHILDREN },
    { does: 'signal', step: 'approve' },
  ],
  [{ does: 'run', step: 'after' }],
];

export interface FamilyOptions {
  /** Whether the parent is already suspended. @default it runs, and is about to be suspended */
  readonly isSuspended?: boolean;
  /** Whether the wait for the signal has already ended. */
  readonly hasSignal?: boolean;
  readonly endedChildren?: number;
  /** When the wait for the signal times out. @default never */
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

  /** The first worker suspends the parent. */
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

  /** A child ends, and its worker wakes the parent. */
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

  /** A message of the parent is delivered, whatever its purpose. */
  async deliver(): Promise<void> {
    await this.#invoke(this.parentId);
  }

  /** The first worker records a step, perhaps too late. */
  async writeStep(): Promise<void> {
    const step = { step: 'late', kind: 'run', status: 'success', failures: 0, result: 'first' } as const;
    await this.world.steps.record(this.#running, step);
  }

  /** The first worker checks for its signal again, perhaps too late. */
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

  /** Ends the running children, and sends the signal, if the parent still waits for them. */
  async complete(): Promise<void> {
    await this.settle();
    for (const place of this.#children.keys()) await this.end(place);
    await this.settle();
    await this.signal('last');
    await this.settle();
  }

  /** Returns the parent's status, and how often its step after the fan-in was recorded. */
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
