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

/** The polling interval of a test that waits for a job's state, in milliseconds. */
const POLL_MS = 50;

/** The `wait` parameter that tests send: the maximum time that the API waits for the job to end, in seconds. */
const WAIT_SECONDS = 20;

/** A function that sends a request. The function may change the request first, for example to sign it. */
export type Fetch = (request: Request) => Promise<Response>;

/** A client of Errand's HTTP API for tests. */
export class ApiClient {
  readonly url: string;
  /** The client from the `errand-client` package. */
  readonly errand: Errand;
  private readonly fetch: Fetch;

  constructor(url: string, send: Fetch = (request) => fetch(request)) {
    this.url = url.replace(/\/$/, '');
    this.fetch = send;
    this.errand = createErrand({ url, fetch: send, retries: 0 });
  }

  /** Sends one request. A body that is not a string is sent as JSON. HTML pages are returned as strings. */
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

  /** Submits a job and expects the API to accept it, either as a new job or as a duplicate of an existing job. */
  async submit(body: unknown): Promise<SubmittedView> {
    // The type assertion lets tests send invalid submissions, which the API must reject.
    return dataOf(await this.errand.http.POST('/v1/jobs', { body: body as Schema<'Submission'> }));
  }

  /**
   * Submits a job, waits until the job ends, and returns the submission's response with the ended job as its body. An error response is returned
   * unchanged.
   */
  async run(submission: unknown, headers?: Record<string, string>): Promise<Answer<SubmittedView>> {
    const path = `/v1/jobs?wait=${WAIT_SECONDS}`;
    return this.ended(await this.call<SubmittedView>('POST', path, submission, headers), headers);
  }

  /**
   * Waits until the job in a response has ended, and returns the response with the ended job as its body. The API refuses a wait if too many requests
   * are waiting, or if it can't count the waiting requests within a second. In that case, the `Retry-After` header says when to retry.
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

  /**
   * Waits until the job meets the condition.
   *
   * @throws Error with the job's last state after `timeoutMs`
   */
  async untilJob(jobId: string, isReached: (job: JobView) => boolean, timeoutMs = 30_000): Promise<JobView> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const job = await this.job(jobId);
      if (isReached(job)) return job;
      if (performance.now() > giveUpAt) {
        throw new Error(
          `Job ${jobId} did not reach the expected state within ${timeoutMs} ms; it is ${JSON.stringify(job)}`,
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
 * Retries a request with `?wait=` while the API refuses to wait, and then returns the response. Use this function in tests of the `wait` parameter.
 * If no wait slot becomes free, every retry is refused, and the test times out.
 */
export async function untilHeld<Body>(request: () => Promise<Answer<Body>>): Promise<Answer<Body>> {
  for (;;) {
    const answer = await request();
    const seconds = answer.headers.get('retry-after');
    if (answer.status >= 300 || seconds === null) return answer;
    await wait(Number(seconds) * 1_000);
  }
}

/** Collects all items of a list that the client returns. */
export async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
