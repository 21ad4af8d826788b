import { setTimeout as wait } from 'node:timers/promises';
import type { Answer } from './history/recorder.ts';
import { batchKey, type Ledger } from './ledger.ts';
import type { Requests } from './requests.ts';
import { TENANTS, type PlannedBatch, type PlannedJob, type Tenant, type Unit } from './schedule.ts';

/** The maximum number of tries for a request. A try fails if its response is 5xx or 429, or never arrives. */
const TRIES = 8;
/** The number of times that a client polls a job's status before giving up. */
const LOOKS = 12;
const LOOK_MS = 400;
/**
 * The delay before a client sends a late signal, in milliseconds. The delay is about as long as the orders' payment timeout, so that the signal can
 * arrive before or after the timeout.
 */
const LATER_MS = 2_000;
/** The page size for listing jobs, which is smaller than the number of jobs in a run. */
const PAGE = 20;

const TERMINAL = ['success', 'failed', 'canceled'];

/** An API client that retries safely, and records the responses. */
export class ChaosClient {
  readonly #requests: Requests;
  readonly #ledger: Ledger;
  readonly #signal: AbortSignal;

  constructor(requests: Requests, ledger: Ledger, signal: AbortSignal) {
    this.#requests = requests;
    this.#ledger = ledger;
    this.#signal = signal;
  }

  /** Sends all of a unit's requests. */
  async play({ tenant, batch, jobs }: Unit): Promise<void> {
    const ids = batch
      ? await this.#submitBatch(tenant, batch, jobs)
      : await Promise.all(jobs.map((job) => this.#submitAll(job)));
    for (const [index, planned] of jobs.entries()) {
      const jobId = ids[index];
      if (jobId !== undefined) await this.#followUp(planned, jobId);
      if (planned.duplicateLater !== 'none') await this.submit(planned, planned.duplicateLater);
    }
    if (batch?.bulk === 'retry' || batch?.bulk === 'cancel-and-retry')
      await this.#changeBatch(tenant, batch.id, 'retry');
  }

  /** Submits a job, retrying until there is a response. @returns the job's id; undefined if no try got a response */
  async submit(
    planned: PlannedJob,
    onDuplicate: 'return' | 'reject' | 'replace' = 'return',
  ): Promise<string | undefined> {
    const { tenant, objectId, body } = planned;
    this.#ledger.counts.submissions += 1;
    if (objectId !== null && !this.#ledger.isAcknowledged(planned)) this.#ledger.unanswered.add(planned);
    const answer = await this.#requests.send({
      ...{ tenant, method: 'POST', path: '/v1/jobs', body: { ...body, on_duplicate: onDuplicate } },
      // Without an object id, a retried submission could create a second job.
      tries: objectId === null ? 1 : TRIES,
      access: { kind: 'submission' },
    });
    return answer && this.#readSubmission(planned, answer);
  }

  /** Sends several concurrent submissions for the same object. */
  async #submitAll(planned: PlannedJob): Promise<string | undefined> {
    const all = Array.from({ length: 1 + planned.duplicatesAtOnce }, () => this.submit(planned));
    return (await Promise.all(all)).find((jobId) => jobId !== undefined);
  }

  async #submitBatch(
    tenant: Tenant,
    { id, bulk }: PlannedBatch,
    jobs: readonly PlannedJob[],
  ): Promise<(string | undefined)[]> {
    const { counts, unanswered, batches } = this.#ledger;
    batches.add(batchKey(tenant, id));
    counts.submissions += jobs.length;
    for (const planned of jobs) if (planned.objectId !== null) unanswered.add(planned);
    const body = { jobs: jobs.map((planned) => planned.body), batch: { id, more: true } };
    const access = { kind: 'batch' } as const;
    const path = '/v1/jobs/batch';
    const answer = await this.#requests.send({ tenant, method: 'POST', path, body, tries: 1, access });
    await this.closeBatch(tenant, id);
    if (bulk === 'cancel' || bulk === 'cancel-and-retry') await this.#changeBatch(tenant, id, 'cancel');
    const items = (answer?.status === 200 ? answer.body.items : []) as {
      status: number;
      job?: Record<string, unknown>;
      problem?: Record<string, unknown>;
    }[];
    return Promise.all(
      jobs.map(async (planned, index) => {
        const item = items[index];
        if (item && item.status < 500)
          return this.#readSubmission(planned, { status: item.status, body: item.job ?? item.problem ?? {} });
        return planned.objectId === null ? undefined : this.submit(planned);
      }),
    );
  }

  /** Requests a bulk cancellation or bulk retry of a batch's jobs. If a response is lost, the retry may start another bulk job. */
  async #changeBatch(tenant: Tenant, batchId: string, action: 'cancel' | 'retry'): Promise<void> {
    const { counts, strange } = this.#ledger;
    const requested = this.#ledger.bulkOf(batchKey(tenant, batchId));
    counts.bulkChanges += 1;
    const answer = await this.#requests.send({
      ...{ tenant, method: 'POST', path: '/v1/jobs/bulk', body: { action, filter: { batch_id: batchId } } },
      tries: TRIES,
      access: { kind: 'bulk', action, batchId },
      onSend: () => (requested[action] += 1),
    });
    if (answer && answer.status !== 202)
      strange.push(`The bulk ${action} of ${tenant}'s ${batchId} got ${answer.status}.`);
  }

  /** Closes the batch, retrying until there is a response. */
  async closeBatch(tenant: Tenant, id: string): Promise<void> {
    const { unclosed, strange } = this.#ledger;
    const key = batchKey(tenant, id);
    unclosed.set(key, { tenant, id });
    const body = { jobs: [], batch: { id, on_complete: { payload: { seconds: 0 } } } };
    const path = '/v1/jobs/batch';
    const answer = await this.#requests.send({ tenant, method: 'POST', path, body, tries: TRIES });
    if (!answer) return;
    unclosed.delete(key);
    if (answer.status !== 200) strange.push(`The request to close ${key} got ${answer.status}.`);
  }

  #readSubmission(planned: PlannedJob, { status, body }: Answer): string | undefined {
    const jobId = body.job_id;
    if (![200, 201, 409].includes(status) || typeof jobId !== 'string') {
      this.#ledger.strange.push(`A submission got ${status} ${JSON.stringify(body)}`);
      return undefined;
    }
    const how = status === 201 ? 'new' : status === 200 ? 'duplicate' : 'rejected';
    this.#ledger.acknowledge(planned, jobId, how, body.window_ends_at as string | null);
    return jobId;
  }

  async #followUp(planned: PlannedJob, jobId: string): Promise<void> {
    const { tenant } = planned;
    switch (planned.followUp) {
      case 'none':
        break;
      case 'read':
        await this.#read(tenant, jobId);
        await this.#requests.send({
          ...{ tenant, method: 'GET', path: `/v1/jobs/${jobId}/attempts`, tries: 2 },
          access: { kind: 'attempts', jobId },
        });
        break;
      case 'wait':
        await this.#read(tenant, jobId, '?wait=1');
        break;
      case 'list':
        await this.#requests.send({
          ...{ tenant, method: 'GET', path: `/v1/jobs?limit=${PAGE}`, tries: 2 },
          access: { kind: 'list' },
        });
        break;
      case 'spy':
        await this.#spy(tenant, jobId);
        break;
      case 'cancel':
        await this.#cancel(tenant, jobId);
        break;
      case 'cancel-running':
        await this.#until(tenant, jobId, ['running', ...TERMINAL]);
        await this.#cancel(tenant, jobId);
        break;
    }
    if (planned.signal === 'at once') await this.signal(tenant, jobId, 'first');
    if (planned.retry) {
      const status = await this.#until(tenant, jobId, TERMINAL);
      if (status === 'failed' || status === 'canceled') await this.#retry(tenant, jobId);
    }
    if (planned.signal === 'later') {
      await wait(LATER_MS, undefined, { signal: this.#signal });
      await this.signal(tenant, jobId, 'second');
    }
  }

  /**
   * Sends the signal that an order is waiting for, retrying until there is a response. Requests with the same key count as one signal.
   */
  async signal(tenant: Tenant, jobId: string, key: string): Promise<void> {
    const { counts, signals, strange } = this.#ledger;
    counts.signals += 1;
    const path = `/v1/jobs/${jobId}/signals/paid`;
    const body = { key, payload: { key } };
    const answer = await this.#requests.send({ tenant, method: 'POST', path, body, tries: TRIES });
    if (answer?.status === 202) signals.set(jobId, (signals.get(jobId) ?? new Set()).add(key));
    else if (answer && answer.status !== 409)
      strange.push(`The signal to job ${jobId} got ${answer.status}.`);
  }

  async #until(tenant: Tenant, jobId: string, statuses: readonly string[]): Promise<string | undefined> {
    for (let look = 0; look < LOOKS; look += 1) {
      const status = await this.#read(tenant, jobId);
      if (status !== undefined && statuses.includes(status)) return status;
      await wait(LOOK_MS, undefined, { signal: this.#signal });
    }
    return undefined;
  }

  async #read(tenant: Tenant, jobId: string, query = ''): Promise<string | undefined> {
    const answer = await this.#requests.send({
      ...{ tenant, method: 'GET', path: `/v1/jobs/${jobId}${query}`, tries: 3 },
      access: { kind: 'read', jobId },
    });
    if (!answer) return undefined;
    if (answer.status === 200) return String(answer.body.status);
    this.#ledger.strange.push(`Reading job ${jobId}, which was acknowledged, got ${answer.status}.`);
    return undefined;
  }

  /** Checks that no request lets another tenant find the job. */
  async #spy(owner: Tenant, jobId: string): Promise<void> {
    const tenant = TENANTS.find((other) => other !== owner) ?? owner;
    const attempts = [
      ['GET', ''],
      ['GET', '/attempts'],
      ['POST', '/cancel'],
      ['POST', '/retry'],
    ] as const;
    for (const [method, rest] of attempts) {
      const path = `/v1/jobs/${jobId}${rest}`;
      const answer = await this.#requests.send({ tenant, method, path, tries: 2 });
      if (answer && answer.status !== 404)
        this.#ledger.strange.push(`${tenant} got ${answer.status} to ${method} ${path} of ${owner}.`);
    }
  }

  async #cancel(tenant: Tenant, jobId: string): Promise<void> {
    this.#ledger.counts.cancels += 1;
    this.#ledger.of(jobId).cancelRequests += 1;
    await this.#change(tenant, jobId, 'cancel');
  }

  async #retry(tenant: Tenant, jobId: string): Promise<void> {
    const dealings = this.#ledger.of(jobId);
    this.#ledger.counts.retries += 1;
    await this.#change(tenant, jobId, 'retry', () => (dealings.retryRequests += 1));
  }

  async #change(tenant: Tenant, jobId: string, kind: 'cancel' | 'retry', onSend?: () => void): Promise<void> {
    const answer = await this.#requests.send({
      ...{ tenant, method: 'POST', path: `/v1/jobs/${jobId}/${kind}`, tries: TRIES },
      access: { kind, jobId },
      ...(onSend && { onSend }),
    });
    if (answer && answer.status !== 200 && answer.status !== 409)
      this.#ledger.strange.push(`The ${kind} request for job ${jobId} got ${answer.status}.`);
  }
}
