import { setTimeout as wait } from 'node:timers/promises';
import { createErrand, dataOf, type Errand, type Schema } from 'errand-client';
import { isTerminal } from '../../lambdas/job/status.ts';

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

/** How often a job is polled while a test waits for its state, in milliseconds. */
const POLL_MS = 50;

/** How long a test's request asks the API to wait for the end of a job, in seconds. */
const WAIT_SECONDS = 20;

/** Sends a request, possibly with additions. */
export type Fetch = (request: Request) => Promise<Response>;

/** A client of Errand's HTTP API for tests. */
export class ApiClient {
  readonly url: string;
  /** The client that the package exports. */
  readonly errand: Errand;
  private readonly fetch: Fetch;

  constructor(url: string, send: Fetch = (request) => fetch(request)) {
    this.url = url.replace(/\/$/, '');
    this.fetch = send;
    this.errand = createErrand({ url, fetch: send, retries: 0 });
  }

  /** Sends one request; a body that is not a string is sent as JSON. A page is returned as text. */
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
    const isPage = response.headers.get('content-type')?.startsWith('text/html') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      body: (isPage ? text : text ? JSON.parse(text) : null) as Body,
    };
  }

  /** Submits a job and expects it to be accepted: a new job, or the first of its dedup window. */
  async submit(body: unknown): Promise<SubmittedView> {
    // Invalid submissions compile too, because the API validates them.
    return dataOf(await this.errand.http.POST('/v1/jobs', { body: body as Schema<'Submission'> }));
  }

  /**
   * Submits a job, waits for its end, and returns the response with the job as it ended. An error response is returned unchanged.
   */
  async run(submission: unknown, headers?: Record<string, string>): Promise<Answer<SubmittedView>> {
    const path = `/v1/jobs?wait=${WAIT_SECONDS}`;
    return this.ended(await this.call<SubmittedView>('POST', path, submission, headers), headers);
  }

  /**
   * Waits until the job of a response has ended, and returns the response with the job as it ended. The API refuses to wait when it has
   * too many waits or can't count them within a second, and then says in `Retry-After` when to ask again.
   */
  async ended<Job extends Pick<JobView, 'job_id' | 'status'>>(
    answer: Answer<Job>,
    headers?: Record<string, string>,
  ): Promise<Answer<Job>> {
    let { body } = answer;
    let latest: Answer<Pick<JobView, 'job_id' | 'status'>> = answer;
    while (latest.status < 300 && !isTerminal(body.status)) {
      await wait(Number(latest.headers.get('retry-after') ?? 0) * 1_000);
      const path = `/v1/jobs/${body.job_id}?wait=${WAIT_SECONDS}`;
      latest = await this.call<JobView>('GET', path, undefined, headers);
      if (latest.status !== 200) throw new Error(`GET ${path} returned ${JSON.stringify(latest)}`);
      body = { ...body, ...latest.body };
    }
    return { ...answer, body };
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

  /** Waits until the job is in one of these states. */
  async until(jobId: string, statuses: readonly string[], timeoutMs = 30_000): Promise<JobView> {
    return this.untilJob(jobId, (job) => statuses.includes(job.status), timeoutMs);
  }

  /** Waits until the job fulfills the condition. Throws an error with its last state after `timeoutMs`. */
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
    return this.untilJob(jobId, ({ status }) => isTerminal(status), timeoutMs);
  }
}

/**
 * Repeats a request with `?wait=` while the API refuses to wait, and returns the first other response. For
 * tests of the wait itself: a reached limit refuses each repetition, so that the test times out.
 */
export async function untilHeld<Body>(request: () => Promise<Answer<Body>>): Promise<Answer<Body>> {
  for (;;) {
    const answer = await request();
    const seconds = answer.headers.get('retry-after');
    if (answer.status >= 300 || seconds === null) return answer;
    await wait(Number(seconds) * 1_000);
  }
}

/** All items of a client's list. */
export async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
