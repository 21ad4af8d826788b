import { setTimeout as wait } from 'node:timers/promises';
import type { Ledger, Seen } from './ledger.ts';
import type { PlannedJob, Unit } from './schedule.ts';

/** How often a client sends a request that gets no response, and the delay before the next try, in milliseconds. */
const TRIES = 8;
const BACK_OFF_MS = 250;
/** The longest delay of a client, whatever Retry-After says, because a run is short. */
const MOST_BACK_OFF_MS = 2_000;
/** API Gateway itself responds after 30 s. */
const REQUEST_MS = 35_000;
/** How often a client polls for the end of a job, and the delay between two polls. */
const LOOKS = 12;
const LOOK_MS = 400;
/**
 * How long a client waits before it sends a late signal, in milliseconds: about as long as the timeout of the orders that have
 * one.
 */
const LATER_MS = 2_000;
/** How many batches there are for each one that a bulk job cancels. */
const CANCELED_BATCHES = 3;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

type JobBody = Seen & { readonly job_id: string };

const TERMINAL = ['success', 'failed', 'canceled'];

/** An API client that retries carefully, and records the responses. */
export class ChaosClient {
  readonly #url: string;
  readonly #ledger: Ledger;
  readonly #signal: AbortSignal;

  constructor(url: string, ledger: Ledger, signal: AbortSignal) {
    this.#url = url;
    this.#ledger = ledger;
    this.#signal = signal;
  }

  /** Makes all requests of a unit. */
  async play({ isBatch, jobs }: Unit): Promise<void> {
    const ids = isBatch
      ? await this.#submitBatch(jobs)
      : await Promise.all(jobs.map((job) => this.#submitAll(job)));
    for (const [index, planned] of jobs.entries()) {
      const jobId = ids[index];
      if (jobId !== undefined) await this.#followUp(planned, jobId);
      if (planned.duplicateLater !== 'none') await this.submit(planned, planned.duplicateLater);
    }
  }

  /** Submits a job until it gets a response. @returns its id; undefined without a response */
  async submit(
    planned: PlannedJob,
    onDuplicate: 'return' | 'reject' | 'replace' = 'return',
  ): Promise<string | undefined> {
    const { objectId, body } = planned;
    this.#ledger.counts.submissions += 1;
    if (objectId !== null) {
      this.#ledger.objects.set(objectId, planned);
      if (!this.#ledger.isAcknowledged(planned)) this.#ledger.unanswered.add(planned);
    }
    // Without an object, a repeated submission would create a second job.
    const tries = objectId === null ? 1 : TRIES;
    const answer = await this.#send('POST', '/v1/jobs', { ...body, on_duplicate: onDuplicate }, tries);
    return answer && this.#readSubmission(planned, answer);
  }

  /** Submits the same object several times at the same moment. */
  async #submitAll(planned: PlannedJob): Promise<string | undefined> {
    const all = Array.from({ length: 1 + planned.duplicatesAtOnce }, () => this.submit(planned));
    return (await Promise.all(all)).find((jobId) => jobId !== undefined);
  }

  async #submitBatch(jobs: readonly PlannedJob[]): Promise<(string | undefined)[]> {
    const { counts, objects, unanswered, batches } = this.#ledger;
    const batchId = `batch-${batches.size}`;
    batches.add(batchId);
    counts.submissions += jobs.length;
    for (const planned of jobs) {
      if (planned.objectId === null) continue;
      objects.set(planned.objectId, planned);
      unanswered.add(planned);
    }
    const request = { jobs: jobs.map(({ body }) => body), batch: { id: batchId, more: true } };
    const answer = await this.#send('POST', '/v1/jobs/batch', request, 1);
    await this.closeBatch(batchId);
    if (batches.size % CANCELED_BATCHES === 0) await this.#cancelBatch(batchId, jobs);
    const items = (answer?.status === 200 ? answer.body.items : []) as {
      status: number;
      job?: Record<string, unknown>;
      problem?: Record<string, unknown>;
    }[];
    return Promise.all(
      jobs.map(async (planned, index) => {
        const item = items[index];
        if (item && item.status < 500) {
          return this.#readSubmission(planned, { status: item.status, body: item.job ?? item.problem ?? {} });
        }
        return planned.objectId === null ? undefined : this.submit(planned);
      }),
    );
  }

  /** Cancels the unfinished jobs of a batch by a bulk job, or by several bulk jobs if a response is lost. */
  async #cancelBatch(batchId: string, jobs: readonly PlannedJob[]): Promise<void> {
    const { counts, canceledInBulk, strange } = this.#ledger;
    counts.cancels += 1;
    for (const planned of jobs) canceledInBulk.add(planned);
    const request = { action: 'cancel', filter: { batch_id: batchId } };
    const answer = await this.#send('POST', '/v1/jobs/bulk', request, TRIES);
    if (answer && answer.status !== 202)
      strange.push(`The bulk cancellation of ${batchId} was answered ${answer.status}.`);
  }

  /** Closes the batch, and repeats the request until it gets a response. */
  async closeBatch(batchId: string): Promise<void> {
    const { unclosed, strange } = this.#ledger;
    unclosed.add(batchId);
    const request = { jobs: [], batch: { id: batchId, on_complete: { payload: { seconds: 0 } } } };
    const answer = await this.#send('POST', '/v1/jobs/batch', request, TRIES);
    if (!answer) return;
    unclosed.delete(batchId);
    if (answer.status !== 200) strange.push(`The close of ${batchId} was answered ${answer.status}.`);
  }

  #readSubmission(planned: PlannedJob, { status, body }: Answer): string | undefined {
    const jobId = body.job_id;
    if (![200, 201, 409].includes(status) || typeof jobId !== 'string') {
      this.#ledger.strange.push(`A submission was answered ${status} ${JSON.stringify(body)}`);
      return undefined;
    }
    this.#ledger.acknowledge(
      planned,
      jobId,
      status === 201 ? 'new' : status === 200 ? 'duplicate' : 'rejected',
      body.window_ends_at as string | null,
    );
    if (status !== 409) this.#see(body as unknown as JobBody);
    return jobId;
  }

  async #followUp(planned: PlannedJob, jobId: string): Promise<void> {
    switch (planned.followUp) {
      case 'none':
        break;
      case 'read':
        await this.#read(jobId);
        await this.#send('GET', `/v1/jobs/${jobId}/attempts`, undefined, 2);
        break;
      case 'wait':
        await this.#read(jobId, '?wait=1');
        break;
      case 'list':
        await this.#send('GET', '/v1/jobs?limit=20', undefined, 2);
        break;
      case 'cancel':
        await this.#cancel(jobId);
        break;
      case 'cancel-running':
        await this.#until(jobId, ['running', ...TERMINAL]);
        await this.#cancel(jobId);
        break;
    }
    if (planned.signal === 'at once') await this.signal(jobId, 'first');
    if (planned.retry) {
      const status = await this.#until(jobId, TERMINAL);
      if (status === 'failed' || status === 'canceled') await this.#retry(jobId);
    }
    if (planned.signal === 'later') {
      await wait(LATER_MS, undefined, { signal: this.#signal });
      await this.signal(jobId, 'second');
    }
  }

  /**
   * Sends the signal that an order waits for, until it gets a response. Each key counts as one signal, however often it is sent.
   */
  async signal(jobId: string, key: string): Promise<void> {
    const { counts, signals, strange } = this.#ledger;
    counts.signals += 1;
    const request = { key, payload: { key } };
    const answer = await this.#send('POST', `/v1/jobs/${jobId}/signals/paid`, request, TRIES);
    if (answer?.status === 202) signals.set(jobId, (signals.get(jobId) ?? new Set()).add(key));
    else if (answer && answer.status !== 409)
      strange.push(`The signal to job ${jobId} was answered ${answer.status}.`);
  }

  async #until(jobId: string, statuses: readonly string[]): Promise<string | undefined> {
    for (let look = 0; look < LOOKS; look += 1) {
      const status = await this.#read(jobId);
      if (status !== undefined && statuses.includes(status)) return status;
      await wait(LOOK_MS, undefined, { signal: this.#signal });
    }
    return undefined;
  }

  async #read(jobId: string, query = ''): Promise<string | undefined> {
    const answer = await this.#send('GET', `/v1/jobs/${jobId}${query}`, undefined, 3);
    if (!answer) return undefined;
    if (answer.status !== 200) {
      this.#ledger.strange.push(
        `Reading job ${jobId}, which was acknowledged, was answered ${answer.status}.`,
      );
      return undefined;
    }
    this.#see(answer.body as unknown as JobBody);
    return String(answer.body.status);
  }

  async #cancel(jobId: string): Promise<void> {
    const dealings = this.#ledger.of(jobId);
    this.#ledger.counts.cancels += 1;
    dealings.cancelRequests += 1;
    const answer = await this.#send('POST', `/v1/jobs/${jobId}/cancel`, undefined, TRIES);
    if (!answer) return;
    if (answer.status === 200) {
      dealings.toldCanceled ||= answer.body.status === 'canceled';
      this.#see(answer.body as unknown as JobBody);
    } else if (answer.status !== 409) {
      this.#ledger.strange.push(`The cancellation of job ${jobId} was answered ${answer.status}.`);
    }
  }

  async #retry(jobId: string): Promise<void> {
    const dealings = this.#ledger.of(jobId);
    this.#ledger.counts.retries += 1;
    const answer = await this.#send('POST', `/v1/jobs/${jobId}/retry`, undefined, TRIES, () => {
      dealings.retryRequests += 1;
      dealings.shown = undefined;
      dealings.toldCanceled = false;
    });
    if (answer && answer.status !== 200 && answer.status !== 409) {
      this.#ledger.strange.push(`The retry of job ${jobId} was answered ${answer.status}.`);
    }
  }

  /** Compares the state of a job with earlier responses about it. */
  #see({ job_id: jobId, status, end_time: endTime }: JobBody): void {
    const dealings = this.#ledger.jobs.get(jobId);
    if (!dealings || dealings.retryRequests > 0 || !TERMINAL.includes(status)) return;
    const { shown } = dealings;
    if (shown && (shown.status !== status || shown.end_time !== endTime)) {
      this.#ledger.strange.push(`Job ${jobId} was shown as ${shown.status} and later as ${status}.`);
    }
    dealings.shown = { status, end_time: endTime };
  }

  /** Sends a request until it gets a response other than 5xx and 429, for a limited number of tries. */
  async #send(
    method: string,
    path: string,
    body: unknown,
    tries: number,
    onSend: () => void = () => undefined,
  ): Promise<Answer | undefined> {
    const { counts } = this.#ledger;
    for (let sent = 1; ; sent += 1) {
      onSend();
      counts.requests += 1;
      let backOffMs = BACK_OFF_MS * sent;
      try {
        const response = await fetch(this.#url + path, {
          method,
          signal: AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_MS)]),
          ...(body !== undefined && {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }),
        });
        const text = await response.text();
        if (response.status < 500 && response.status !== 429) {
          return { status: response.status, body: JSON.parse(text) as Answer['body'] };
        }
        if (response.status === 429) counts.throttled += 1;
        else counts.serverErrors += 1;
        backOffMs = Number(response.headers.get('retry-after') ?? 0) * 1000 || backOffMs;
      } catch {
        this.#signal.throwIfAborted();
        counts.brokenConnections += 1;
      }
      if (sent >= tries) return undefined;
      await wait(Math.min(backOffMs, MOST_BACK_OFF_MS), undefined, { signal: this.#signal });
    }
  }
}
