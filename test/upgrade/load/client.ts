import { setTimeout as wait } from 'node:timers/promises';
import type { Answer } from '../../chaos/history/recorder.ts';
import { CANCELED, RETRIED, SUCCESS, type Ledger, type Request } from './ledger.ts';

/** The time between a client's actions, in milliseconds. */
const PACE_MS = 100;

/** A delay that exceeds the test's duration. */
const MUCH_LATER_SECONDS = 3_600;

const QUICK = { type: 'sleep', payload: { seconds: 0 } };
/** A job whose run time exceeds a function's startup time, so that some jobs are running during each deployment. */
const SLOW = { type: 'sleep', payload: { seconds: 0.6 } };

interface BatchItem {
  readonly status: number;
  readonly job?: { readonly job_id: string };
}

/** A client that makes one request after another, in rounds, until it is stopped. A round exercises submissions, changes, reads and lists. */
export class Client {
  /** How many jobs with a concurrency key were accepted, and how many the last release refused. */
  readonly keyed = { accepted: 0, refused: 0 };
  readonly #name: string;
  readonly #ledger: Ledger;
  #objects = 0;
  #batches = 0;
  #isStopped = false;
  #turns = 0;
  #onTurn: (() => void)[] = [];
  readonly #everything = [
    () => this.#single(),
    () => this.#object(),
    () => this.#delayed(),
    () => this.#batch(),
    () => this.#canceled(),
    () => this.#slow(),
    () => this.#retried(),
    () => this.#keyed(),
    () => this.#waited(),
    () => this.#read(),
    () => this.#list(),
  ];

  constructor(name: string, ledger: Ledger) {
    this.#name = name;
    this.#ledger = ledger;
  }

  /** Runs until the client is stopped. Resolves after the current action. */
  async run(): Promise<void> {
    for (let index = 0; !this.#isStopped; index = (index + 1) % this.#everything.length) {
      await this.#everything[index]?.();
      await wait(PACE_MS);
      this.#turns += 1;
      for (const resolve of this.#onTurn.splice(0)) resolve();
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when the client has made one more full round of actions, counting only actions that begin after this call. */
  async nextRound(): Promise<void> {
    const end = this.#turns + 1 + this.#everything.length;
    while (this.#turns < end) await new Promise<void>((resolve) => this.#onTurn.push(resolve));
  }

  async #submit(body: unknown, query = ''): Promise<Answer | undefined> {
    return this.#ledger.send({
      method: 'POST',
      path: `/v1/jobs${query}`,
      body,
      access: { kind: 'submission' },
    });
  }

  /** @returns the job's id, or undefined if the submission failed */
  async #new(body: unknown, expected = SUCCESS, objectId?: string): Promise<string | undefined> {
    const answer = await this.#submit(body);
    if (!answer) return undefined;
    const jobId = String(answer.body.job_id);
    // A submission with an object id may find its own job, if an earlier attempt got a 503 but created the job.
    this.#ledger.expect(answer.status === 201 || objectId !== undefined, `${jobId} is not new`);
    this.#ledger.accept(jobId, expected, objectId);
    return jobId;
  }

  async #change(action: 'cancel' | 'retry', jobId: string): Promise<Answer | undefined> {
    const request: Request = {
      method: 'POST',
      path: `/v1/jobs/${jobId}/${action}`,
      access: { kind: action, jobId },
    };
    return this.#ledger.send(request);
  }

  async #single(): Promise<void> {
    await this.#new(QUICK);
  }

  async #slow(): Promise<void> {
    await this.#new(SLOW);
  }

  async #delayed(): Promise<void> {
    await this.#new({ ...QUICK, delay_seconds: 2 });
  }

  /** Submits a new object. Then submits the first object and the previous object again, whose jobs another version may have accepted. */
  async #object(): Promise<void> {
    const known = new Set([`${this.#name}-1`, `${this.#name}-${this.#objects}`]);
    this.#objects += 1;
    const objectId = `${this.#name}-${this.#objects}`;
    await this.#new({ ...QUICK, object_id: objectId }, SUCCESS, objectId);
    for (const earlier of known) {
      if (!this.#ledger.jobOf.has(earlier)) continue;
      const answer = await this.#submit({ ...QUICK, object_id: earlier });
      if (!answer) continue;
      const { job_id: jobId, deduplicated } = answer.body;
      const isSame = jobId === this.#ledger.jobOf.get(earlier) && deduplicated === true;
      this.#ledger.expect(isSame, `the duplicate of ${earlier} got ${JSON.stringify(answer.body)}`);
    }
  }

  /** Submits a batch of two jobs without an object, a new object, and a duplicate of the first object. */
  async #batch(): Promise<void> {
    this.#batches += 1;
    const objectId = `${this.#name}-batch-${this.#batches}`;
    const first = `${this.#name}-1`;
    const objects = [undefined, undefined, objectId, first];
    const answer = await this.#ledger.send({
      method: 'POST',
      path: '/v1/jobs/batch',
      body: { jobs: objects.map((id) => ({ ...QUICK, object_id: id })) },
      access: { kind: 'batch' },
    });
    if (!answer) return;
    for (const [index, { status, job }] of (answer.body.items as BatchItem[]).entries()) {
      const isDuplicate = objects[index] === first;
      const isRight = isDuplicate
        ? status === 200 && job?.job_id === this.#ledger.jobOf.get(first)
        : status === 201 || (status === 200 && objects[index] !== undefined);
      this.#ledger.expect(isRight, `item ${index} of a batch got ${status} ${JSON.stringify(job)}`);
      if (job && !isDuplicate) this.#ledger.accept(job.job_id, SUCCESS, objects[index]);
    }
  }

  async #canceled(): Promise<void> {
    const jobId = await this.#new({ ...QUICK, delay_seconds: MUCH_LATER_SECONDS }, CANCELED);
    if (jobId !== undefined) await this.#change('cancel', jobId);
  }

  async #retried(): Promise<void> {
    const jobId = await this.#new({ ...QUICK, delay_seconds: MUCH_LATER_SECONDS }, RETRIED);
    if (jobId === undefined) return;
    await this.#change('cancel', jobId);
    await this.#change('retry', jobId);
  }

  /** Submits a job with a concurrency key. The last release refuses the job, because it does not support concurrency keys. */
  async #keyed(): Promise<void> {
    const answer = await this.#ledger.send({
      method: 'POST',
      path: '/v1/jobs',
      body: { ...QUICK, concurrency: { key: 'upgrade', limit: 1 } },
      access: { kind: 'submission' },
      allows: ({ status, body }, serving) =>
        status === 422 && serving !== 'ours' && JSON.stringify(body.errors).includes('concurrency'),
    });
    if (!answer) return;
    if (answer.status === 422) this.keyed.refused += 1;
    else {
      this.keyed.accepted += 1;
      this.#ledger.accept(String(answer.body.job_id), SUCCESS);
    }
  }

  async #waited(): Promise<void> {
    const answer = await this.#submit(QUICK, '?wait=2');
    if (answer) this.#ledger.accept(String(answer.body.job_id), SUCCESS);
  }

  /** Reads the job of the client's first object and the most recently accepted job of any client, with their attempts. */
  async #read(): Promise<void> {
    const jobIds = [this.#ledger.jobOf.get(`${this.#name}-1`), [...this.#ledger.accepted.keys()].at(-1)];
    for (const jobId of jobIds) {
      if (jobId === undefined) continue;
      const path = `/v1/jobs/${jobId}`;
      await this.#ledger.send({ method: 'GET', path, access: { kind: 'read', jobId } });
      await this.#ledger.send({
        method: 'GET',
        path: `${path}/attempts`,
        access: { kind: 'attempts', jobId },
      });
    }
  }

  async #list(): Promise<void> {
    await this.#ledger.send({ method: 'GET', path: '/v1/jobs?limit=100', access: { kind: 'list' } });
  }
}
