import { setTimeout as wait } from 'node:timers/promises';
import { createErrand, dataOf, type Errand, type Schema } from 'errand-client';

export type JobView = Schema<'Job'>;
export type SubmittedView = Schema<'SubmittedJob'>;
export type AttemptView = Schema<'Attempt'>;

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

/** Makes a request: with more than it was given, perhaps. */
export type Fetch = (request: Request) => Promise<Response>;

/** Errand's HTTP API as the tests call it. */
export class ApiClient {
  readonly url: string;
  /** What the package exports. */
  readonly errand: Errand;
  private readonly fetch: Fetch;

  constructor(url: string, send: Fetch = (request) => fetch(request)) {
    this.url = url.replace(/\/$/, '');
    this.fetch = send;
    this.errand = createErrand({ url, fetch: send, retries: 0 });
  }

  /** One request; a body that is no string is sent as JSON. */
  async call<Body>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const request = new Request(this.url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const response = await this.fetch(request);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text ? JSON.parse(text) : null) as Body,
    };
  }

  /** Submits a job and expects it to be taken: a new one, or the first of its dedup window. */
  async submit(body: unknown): Promise<SubmittedView> {
    // Also what no submission may be: it is the API that checks.
    return dataOf(await this.errand.http.POST('/v1/jobs', { body: body as Schema<'Submission'> }));
  }

  async job(jobId: string): Promise<JobView> {
    return this.errand.get(jobId);
  }

  async attempts(jobId: string): Promise<AttemptView[]> {
    const answer = await this.errand.http.GET('/v1/jobs/{job_id}/attempts', {
      params: { path: { job_id: jobId } },
    });
    return dataOf(answer).items;
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
