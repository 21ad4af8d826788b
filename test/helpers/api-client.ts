import { setTimeout as wait } from 'node:timers/promises';

/** What the tests read of a job; the names are the API's. */
export interface JobView {
  job_id: string;
  object_id: string | null;
  type: string;
  status: string;
  attempt: number;
  max_attempts: number;
  timeout_seconds: number;
  create_time: string;
  run_at: string;
  start_time: string | null;
  end_time: string | null;
  message: string | null;
  cancel_requested: boolean;
  payload: unknown;
  result: unknown;
}

export interface SubmittedView extends JobView {
  deduplicated: boolean;
  window_ends_at: string | null;
}

export interface AttemptView {
  attempt: number;
  start_time: string;
  end_time: string | null;
  outcome: string | null;
  message: string | null;
}

export interface ProblemView {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: { field: string; message: string }[];
  job_id?: string;
}

export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** How often a job is asked for while a test waits for its state, in milliseconds. */
const POLL_MS = 50;

/** Errand's HTTP API as the tests call it. */
export class ApiClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/$/, '');
  }

  /** One request; a body that is no string is sent as JSON. */
  async call<Body>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text ? JSON.parse(text) : null) as Body,
    };
  }

  /** Submits a job and expects it to be taken: a new one, or the first of its dedup window. */
  async submit(body: unknown): Promise<SubmittedView> {
    const answer = await this.call<SubmittedView>('POST', '/v1/jobs', body);
    if (answer.status !== 201 && answer.status !== 200) {
      throw new Error(`The submission was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  async job(jobId: string): Promise<JobView> {
    return (await this.call<JobView>('GET', `/v1/jobs/${jobId}`)).body;
  }

  async attempts(jobId: string): Promise<AttemptView[]> {
    return (await this.call<{ items: AttemptView[] }>('GET', `/v1/jobs/${jobId}/attempts`)).body.items;
  }

  /** The job once it is in one of these states. */
  async until(jobId: string, statuses: readonly string[], timeoutMs = 30_000): Promise<JobView> {
    return this.untilJob(jobId, (job) => statuses.includes(job.status), timeoutMs);
  }

  /** The job once it fulfils the condition; an error with its last state after `timeoutMs`. */
  async untilJob(jobId: string, isReached: (job: JobView) => boolean, timeoutMs = 30_000): Promise<JobView> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const job = await this.job(jobId);
      if (isReached(job)) return job;
      if (performance.now() > giveUpAt) {
        throw new Error(
          `Job ${jobId} did not get there within ${timeoutMs} ms; it is ${JSON.stringify(job)}`,
        );
      }
      await wait(POLL_MS);
    }
  }

  async finished(jobId: string, timeoutMs?: number): Promise<JobView> {
    return this.until(jobId, ['success', 'failed', 'canceled'], timeoutMs);
  }
}
